"""Keeping personal data and secrets out of logs."""

import re
import traceback
from collections.abc import Mapping
from typing import Any

from structlog.typing import EventDict, ExcInfo

SCRUBBED = "[scrubbed]"
_NAMES = frozenset({"name", "reporter_name", "full_name"})
_WORDS = ("phone", "email", "token", "authorization", "password", "secret", "query_code")
_MAX_TEXT = 10_000
_MAX_DEPTH = 6

_SECRETS_IN_TEXT = re.compile(
    r"(?P<bearer>(?i:bearer)\s+)[\w.~+/=-]+"
    r"|(?P<jwt>\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*)"
    r"|(?P<link>\bjbf_[\w-]+)"
    r"|(?P<userinfo>://[^:/@\s]*:)[^@/\s]+(?=@)"
    r"|(?P<mobile>(?<!\d)1[3-9]\d{9}(?!\d))"
    r"|(?P<email>[\w.+-]+@[\w-]+\.[\w.-]+)"
)
_DATABASE_VALUES = re.compile(r"^(DETAIL|CONTEXT|\[parameters):.*$", re.MULTILINE)


def scrub(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Replace what stands under a personal or secret name, at any depth, and what looks like one in free text."""
    for key, value in event.items():
        if key == "event" or key == "exception":
            event[key] = scrub_text(str(value))
        elif _is_secret(key):
            event[key] = SCRUBBED
        elif not isinstance(value, int | float):
            event[key] = _scrubbed(value, _MAX_DEPTH)
    return event


def scrub_text(text: str) -> str:
    """Return the text without tokens, feedback links, passwords in addresses, mobile numbers and e-mail addresses."""
    return _SECRETS_IN_TEXT.sub(_keep_label, text[:_MAX_TEXT])


def scrubbed_traceback(exc_info: ExcInfo) -> str:
    """Return the traceback without the values that PostgreSQL quotes in the details of its errors."""
    text = "".join(traceback.format_exception(*exc_info))
    return _DATABASE_VALUES.sub(r"\1: " + SCRUBBED, text)


def _keep_label(match: re.Match[str]) -> str:
    return f"{match['bearer'] or match['userinfo'] or ''}{SCRUBBED}"


def _is_secret(key: str) -> bool:
    lowered = key.lower()
    return lowered in _NAMES or lowered.endswith(_WORDS)


def _scrubbed(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return scrub_text(value)
    if isinstance(value, Mapping):
        if depth == 0:
            return SCRUBBED
        return {k: SCRUBBED if _is_secret(str(k)) else _scrubbed(v, depth - 1) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_scrubbed(item, depth - 1) for item in value] if depth else SCRUBBED
    return value

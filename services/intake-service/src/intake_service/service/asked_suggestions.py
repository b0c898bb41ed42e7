"""Remembers which category was suggested to whom for which text, until they file it: what they make of it counts.

Each process of intake remembers by itself, and for a while; a suggestion that it has forgotten counts for nothing.
"""

from collections import OrderedDict
from datetime import datetime, timedelta

from intake_service.domain.recent_reports import text_digest
from intake_service.service.classifying import Suggestion
from runtime.auth import Caller

KEPT = timedelta(hours=1)
MOST_CALLERS = 10_000
MOST_TEXTS = 20
"""Of one caller."""
_Texts = OrderedDict[bytes, tuple[Suggestion, datetime]]


class AskedSuggestions:
    """The memory of one process; the oldest goes where it is full."""

    def __init__(self) -> None:
        """It begins empty."""
        self._callers: OrderedDict[tuple[str, str], _Texts] = OrderedDict()

    def add(self, caller: Caller, text: str, suggestion: Suggestion, now: datetime) -> None:
        """Remember what was suggested to the caller for a text."""
        key = (caller.tenant, caller.subject)
        texts = self._callers.setdefault(key, OrderedDict())
        self._callers.move_to_end(key)
        _put(texts, _digest(text), (suggestion, now))
        if len(self._callers) > MOST_CALLERS:
            self._callers.popitem(last=False)

    def of(self, caller: Caller, text: str, now: datetime) -> Suggestion | None:
        """Return what was suggested to the caller for the text, if that is remembered."""
        texts = self._callers.get((caller.tenant, caller.subject))
        found = texts.get(_digest(text)) if texts else None
        return None if found is None or found[1] < now - KEPT else found[0]

    def forget(self, caller: Caller, text: str) -> None:
        """Forget it: the caller has filed the text."""
        key = (caller.tenant, caller.subject)
        texts = self._callers.get(key)
        if texts and texts.pop(_digest(text), None) and not texts:
            del self._callers[key]


def _put(texts: _Texts, digest: bytes, value: tuple[Suggestion, datetime]) -> None:
    texts[digest] = value
    texts.move_to_end(digest)
    if len(texts) > MOST_TEXTS:
        texts.popitem(last=False)


def _digest(text: str) -> bytes:
    return text_digest("".join(text.split())) or b""

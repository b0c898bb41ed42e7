"""Field types for request bodies that mean what the API documents, where pydantic's own are more lenient."""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field
from pydantic_core import PydanticCustomError

_MIN_YEAR = 1900
_MAX_YEAR = 9998
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_UNSEEN = {"Zs", "Zl", "Zp", "Cc", "Cf"}
"""Unicode's categories of blanks, controls, and signs without width."""
_DATE_AND_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]")


def _refused_instant() -> PydanticCustomError:
    return PydanticCustomError("instant_invalid", "not an instant", {"min_year": _MIN_YEAR, "max_year": _MAX_YEAR})


def _text_only(value: object) -> object:
    """Refuse numbers, also as text, which pydantic would take for seconds since 1970."""
    if isinstance(value, datetime) or (isinstance(value, str) and _DATE_AND_TIME.match(value)):
        return value
    raise _refused_instant()


def _in_utc(value: datetime) -> datetime:
    if not _MIN_YEAR <= value.year <= _MAX_YEAR:
        raise _refused_instant()
    return value.astimezone(UTC)


def without_controls(value: str) -> str:
    """Return a text of one line; raise what pydantic reports for one that holds control characters.

    Line breaks are among them, and what turns the direction of text (Unicode's bidirectional overrides).
    """
    if _CONTROLS.search(value):
        raise PydanticCustomError("control_character", "a control character")
    return value


def is_blank(text: str) -> bool:
    """Whether there is nothing to be seen in a text: blanks of any width, also of none."""
    return all(unicodedata.category(sign) in _UNSEEN for sign in text)


def saying_something(value: str) -> str:
    """Return a text; raise what pydantic reports for one that is blank."""
    if is_blank(value):
        raise PydanticCustomError("blank-text", "a blank text")
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_text_only), AfterValidator(_in_utc)]
"""An RFC 3339 text with offset in the years 1900 to 9998, as UTC."""

FiniteFloat = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A JSON number; not `true`, not `"1.0"`."""

OneLine = Annotated[str, AfterValidator(without_controls)]
"""A text without control characters: a name, or an id that somebody else has given."""

Integer = Annotated[int, Field(strict=True, ge=-(2**63), le=2**63 - 1)]
"""A JSON integer that fits a bigint column; not `true`, not `1.0`, not `"1"`."""

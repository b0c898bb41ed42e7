"""Days as requests give them."""

import re
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def _day(given: object) -> date:
    try:
        day = date.fromisoformat(str(given)) if _DAY.fullmatch(str(given)) else None
    except ValueError:
        day = None
    if day is None or not 1900 <= day.year <= 9998:
        raise PydanticCustomError("day-invalid", "not a day")
    return day


Day = Annotated[date, BeforeValidator(_day)]
"""Such as `2024-10-14`, in the tenant's time zone."""

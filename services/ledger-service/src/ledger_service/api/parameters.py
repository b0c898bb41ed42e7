"""Days, periods and codes as requests give them."""

import re
from datetime import date
from typing import Annotated

from fastapi import Query
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from operations.filters import Code
from runtime.problems import register_texts

register_texts(
    {
        "day-invalid": (
            "应为 1900 至 9998 年间的日期，如 2024-10-14。",
            "A day from 1900 to 9998, such as 2024-10-14.",
        ),
    }
)
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
Category = Annotated[Code | None, Query(description="With all levels below it.")]
Codes = Annotated[list[Code] | None, Query(max_length=100, description="May be repeated.")]
Categories = Annotated[
    list[Code] | None, Query(max_length=100, description="With all levels below it. May be repeated.")
]

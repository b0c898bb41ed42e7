"""What requests for reports have in common: days, the language, the form."""

import re
from datetime import date
from typing import Annotated

from fastapi import Query, Request
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from ledger_service.domain.bulletin import BulletinLanguage
from runtime.problems.language import preferred_language

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
"""A day such as 2026-03-01, in the county's time zone."""


async def report_language(
    request: Request,
    lang: Annotated[BulletinLanguage | None, Query(description="By default as `Accept-Language` says.")] = None,
) -> BulletinLanguage:
    """Return the language to write in."""
    return lang or ("en" if preferred_language(request.headers.get("accept-language")) == "en" else "zh")


def is_preferred(accept: str, media_type: str) -> bool:
    """Say whether a caller names a media type in `Accept` and ranks it above JSON."""
    ranks: dict[str, float] = {}
    for item in accept.split(",")[:10]:
        name, *parameters = (part.strip() for part in item.lower().split(";"))
        quality = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        ranks[name] = float(quality) if re.fullmatch(r"[01](\.[0-9]{0,3})?", quality) else 0.0
    return ranks.get(media_type, 0.0) > ranks.get("application/json", 0.0)

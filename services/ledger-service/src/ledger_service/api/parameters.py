"""Days and languages as requests give them."""

import re
from datetime import date
from typing import Annotated

from fastapi import Depends, Query, Request
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from ledger_service.domain.ledger_orders import Language
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
"""Such as `2024-10-14`, in the tenant's time zone."""


async def _language(
    request: Request,
    lang: Annotated[Language | None, Query(description="By default as `Accept-Language` says.")] = None,
) -> Language:
    return lang or ("en" if preferred_language(request.headers.get("accept-language")) == "en" else "zh")


InLanguage = Annotated[Language, Depends(_language)]
"""The language that an answer is written in."""


def is_preferred(accept: str, media_type: str) -> bool:
    """Say whether a caller names a media type in `Accept` and ranks it above JSON."""
    ranks: dict[str, float] = {}
    for item in accept.split(",")[:10]:
        name, *parameters = (part.strip() for part in item.lower().split(";"))
        quality = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        ranks[name] = float(quality) if re.fullmatch(r"[01](\.[0-9]{0,3})?", quality) else 0.0
    return ranks.get(media_type, 0.0) > ranks.get("application/json", 0.0)

"""What a caller would rather have: a language, a form."""

import re
from typing import Annotated, Literal, TypeAlias

from fastapi import Depends, Query, Request

from runtime.problems.language import preferred_language

Language: TypeAlias = Literal["zh", "en"]


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

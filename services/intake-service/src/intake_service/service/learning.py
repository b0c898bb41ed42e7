"""Examples for the suggestion of categories from a tenant's own complaints, and how well a model does on them."""

import hashlib
import re
from collections.abc import Collection, Sequence
from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from intake_service.persistence import corrections
from intake_service.service.classifying import Classifier
from intake_service.service.training import Example, Told
from runtime.scrubbing import SCRUBBED, scrub_text

_PAGE = 2_000
_HELD_OUT = 5
"""One of so many texts is held out."""
_NUMBERS = re.compile(r"[0-9０-９Xx]{5,}")
"""Telephone numbers, identity cards, plates: nothing that says what a complaint is about."""


async def examples(
    engine: AsyncEngine, tenant: str, known: Collection[str], most: int, told: Told
) -> tuple[list[Example], int]:
    """Return up to `most` of the newest examples of a tenant, and how many were left out: their category has gone.

    Numbers, addresses of e-mail and the like are taken out of the texts.
    """
    found: list[Example] = []
    left_out, before = 0, None
    async with engine.connect() as connection:
        total = min(most, await corrections.count_sure(connection, tenant))
        while len(found) < most:
            rows = await corrections.sure(connection, tenant, before=before, size=min(_PAGE, most - len(found)))
            if not rows:
                break
            before = UUID(str(rows[-1].id))
            usable = [row for row in rows if row.category in known]
            left_out += len(rows) - len(usable)
            found += [Example(without_persons(row.description), row.category) for row in usable]
            told(min(len(found) + left_out, total), total)
    return found, left_out


def parted(found: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """Return what is learnt from, and what is held out to measure with; the same text is always on the same side."""
    sides: tuple[list[Example], list[Example]] = ([], [])
    for each in found:
        place = hashlib.sha256("".join(each.text.split()).encode("utf-8", "replace")).digest()[0]
        sides[place % _HELD_OUT == 0].append(each)
    return sides


def right(model: Classifier, held_out: Sequence[Example], known: Collection[str]) -> int:
    """Return of how many texts the first suggestion, of categories that there are, is right."""
    is_open = partial(_is_in, known)
    firsts = (model.suggest(each.text, 1, is_open=is_open) for each in held_out)
    return sum(bool(first) and first[0].code == each.category for first, each in zip(firsts, held_out, strict=True))


def _is_in(known: Collection[str], code: str) -> bool:
    return code in known


def without_persons(text: str) -> str:
    """Return a text without what names somebody by numbers or addresses."""
    return _NUMBERS.sub(" ", scrub_text(text).replace(SCRUBBED, " "))

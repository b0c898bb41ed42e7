"""Finds a complaint by its number and the query code of its receipt."""

import hmac
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from intake_service.persistence.tables import complaint
from operations.problems import not_found
from operations.wrong_codes import Guess

_NO_CODE = "-" * 12


async def tracked(engine: AsyncEngine, guess: Guess, query_code: str) -> Any:
    """Return the complaint whose receipt the caller has; a wrong code is counted.

    Raises Problem: 404 for an unknown number and a wrong code alike, 429 after too many of them (see Guess.check).
    """
    query = sa.select(complaint).where(complaint.c.tenant == guess.tenant, complaint.c.number == guess.number)
    async with engine.connect() as connection:
        await guess.check(connection)
        row = (await connection.execute(query)).one_or_none()
    # in constant time, also where there is no such complaint
    present = row.query_code if row is not None else _NO_CODE
    is_right = hmac.compare_digest(present.encode(), query_code.upper().encode())
    if row is None or not is_right:
        await guess.note_wrong(engine)
        raise not_found()
    return row

"""Puts an answer together: cells or details, without what was recorded too late, and what is not added to them yet."""

from collections import Counter as Counted
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger_service.domain.cubes import Cube
from ledger_service.domain.durations import STEPS
from ledger_service.domain.indicators import Sums
from ledger_service.domain.marks import DURATION_WIDTH, FIRST_DURATION
from ledger_service.persistence.statistics_cells import (
    TENANT,
    Key,
    Question,
    add_cells,
    condition,
    conditions,
    kept,
    labels,
    named,
)
from ledger_service.persistence.statistics_details import MOST_LAG
from ledger_service.persistence.statistics_folding import DAY_OF_MARK, DAY_OF_RECORDING
from ledger_service.persistence.statistics_tables import EDITION

_LAGS = f"generate_series(1, {MOST_LAG}) AS late"
_IS_LATE = "lag = late AND recorded > :as_of AND recorded <= CAST(:as_of AS date) + (1 << (late - 1))"
"""With OFFSET 0 behind it, each lag is looked up by itself: joined at once, all that was recorded later is read."""
_WORK_PLACES = [
    measure * STEPS + step for measure, step in (divmod(code - FIRST_DURATION, DURATION_WIDTH) for code in range(256))
]
"""Where what a code counts stands in `Sums.work`."""
_MADE = sa.text(f"SELECT made_at IS NOT NULL AND edition >= {EDITION} FROM statistics_state")


async def is_made(connection: AsyncConnection) -> bool:
    """Whether the roll-ups hold all complaints; after an upgrade from before them it takes a while."""
    return bool(await connection.scalar(_MADE))


async def sums(connection: AsyncConnection, question: Question, *, most: int) -> Mapping[Key, Sums]:
    """Return the sums by step and dimensions but for those of nothing; what is beyond `most` keys is cut off.

    All statements must see the same: the transaction is one that reads repeatably.
    """
    found: dict[Key, Sums] = {}
    if question.cube is Cube.DETAIL:
        await _add(connection, question, found, select_details(question))
    elif question.pieces():
        await add_cells(connection, question, found, most)
        if question.as_of is not None:
            await _add(connection, question, found, select_details(question), sign=-1)
    await _add(connection, question, found, _select_changes(question))
    lines = [key for key, line in found.items() if any(line.counts) or any(line.work or ())]
    return {key: found[key] for key in lines[:most]}


async def _add(
    connection: AsyncConnection,
    question: Question,
    found: dict[Key, Sums],
    statement: tuple[str, Mapping[str, Any]],
    *,
    sign: int = 1,
) -> None:
    """Add lines of a key, exclusions, whether the day is over, n, and codes that each count n times `sign`."""
    sql, parameters = statement
    left_out: dict[tuple[int, bool], bytes] = {}
    gathered: defaultdict[tuple[Key, int], bytearray] = defaultdict(bytearray)
    for *key, exclusions, is_over, n, codes in await connection.execute(sa.text(sql), parameters):
        if (exclusions, is_over) not in left_out:
            left_out[exclusions, is_over] = _left_out(question, exclusions, is_over=is_over)
        gathered[tuple(key), n] += codes.translate(None, left_out[exclusions, is_over])
    for (line, n), counting in gathered.items():
        if counting:
            _count(found.setdefault(line, Sums.none(with_work=question.with_work)), Counted(counting), n * sign)


def _left_out(question: Question, exclusions: int, *, is_over: bool) -> bytes:
    """Return the codes that do not belong to the answer."""
    return bytes(
        code
        for code in range(256)
        if not question.counts(code, exclusions, is_over=is_over) or (code >= FIRST_DURATION and not question.with_work)
    )


def _count(line: Sums, counted: Mapping[int, int], n: int) -> None:
    for code, count in counted.items():
        if code < FIRST_DURATION:
            line.counts[code] += count * n
        elif line.work is not None:
            line.work[_WORK_PLACES[code]] += count * n


def select_details(question: Question) -> tuple[str, dict[str, Any]]:
    """Return the statement that reads details of the period, and its parameters.

    They are those that were recorded by the end of `as_of`; of a question that cells answer, those that were recorded
    later, and these are looked for only where they can be.
    """
    detailed = replace(question, cube=Cube.DETAIL)
    meant = [f"tenant = {TENANT} AND period BETWEEN :first AND :last", *conditions(detailed)]
    if question.as_of is not None and question.cube is Cube.DETAIL:
        meant.append("recorded <= :as_of")
    source = f"statistics_detail WHERE {' AND '.join(meant)}"
    if question.as_of is not None and question.cube is not Cube.DETAIL:
        source = f"{_LAGS} CROSS JOIN LATERAL (SELECT * FROM {source} AND {_IS_LATE} OFFSET 0) AS detail"
    by, keys = kept(detailed), labels(question)
    found = f"""
        SELECT {", ".join(by)}, period <= :over AS is_over, n, string_agg(codes, '') AS codes
        FROM {source} GROUP BY {", ".join(map(str, range(1, len(by) + 3)))}
    """
    step = [] if question.step is None else ["day"]
    lines = named(detailed, found, [*step, "exclusions", "is_over", "n", "codes"])
    by_name = ", ".join((*keys, "exclusions", "is_over", "n"))
    group = ", ".join(map(str, range(1, len(keys) + 4)))
    statement = f"SELECT {by_name}, string_agg(codes, '') AS codes FROM ({lines}) AS line GROUP BY {group}"
    return statement, _parameters(question)


def _select_changes(question: Question) -> tuple[str, dict[str, Any]]:
    meant = ["day BETWEEN :first AND :last", *map(condition, question.filters)]
    if question.as_of is not None:
        meant.append("recorded <= :as_of")
    keys = labels(question)
    statement = f"""
        SELECT {"".join(f"{label}, " for label in keys)} exclusions, day <= :over AS is_over, n,
               string_agg(set_byte('\\x00', 0, mark & 255), '') AS codes
        FROM (
            SELECT *, CAST({DAY_OF_MARK} AS timestamp) AS day, {DAY_OF_RECORDING} AS recorded
            FROM statistics_change CROSS JOIN unnest(marks) AS mark WHERE tenant = :tenant
        ) AS change WHERE {" AND ".join(meant)} GROUP BY {", ".join(map(str, range(1, len(keys) + 4)))}
    """
    return statement, _parameters(question) | {"zone": question.zone}


def _parameters(question: Question) -> dict[str, Any]:
    known = {} if question.as_of is None else {"as_of": question.as_of}
    days = {"first": question.period.first, "last": question.period.last, "over": question.over}
    return {"tenant": question.tenant, **days, **known, **question.filtered()}

"""Counts the figures again, from complaints and their entries, and says where they have something else."""

import asyncio
from collections import Counter as Counted
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ledger_service.domain.complaint import Complaint
from ledger_service.domain.cubes import KEPT, TERMS, WITH_WORK, Cube, Dimension, Kind, Period
from ledger_service.domain.deeds import Deed
from ledger_service.domain.durations import STEPS, Measure
from ledger_service.domain.indicators import Sums
from ledger_service.domain.marks import DURATION_WIDTH, FIRST_DEED, FIRST_DURATION, FIRST_TOLD, Tally, code_of
from ledger_service.domain.tally import Counter, tally
from ledger_service.persistence import complaints, statistics_sums
from ledger_service.persistence.statistics_cells import Question
from ledger_service.service.figures import MOST_COMPLAINTS, REPEATABLE_READ, NotMade, TooWide
from ledger_service.service.rebuilding import PAGE, Told, replay

_EVER = Period(date(1900, 1, 1), date(2899, 12, 31))
_OF_RECEPTION = frozenset({Counter.RECEIVED, Counter.VOIDED, Counter.REJECTED, Counter.MERGED, Counter.TO_DISPATCH})
"""What counts on the day of the reception."""
_MOST_KEYS = 1_000_000
_Counts = Counted[tuple[Cube, tuple[str, ...], int]]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a roll-up, or the details, count for a key, and what was expected."""

    cube: Cube
    key: tuple[str, ...]
    counter: int
    expected: int
    found: int


class Recount(NamedTuple):
    """How many complaints were counted again, and what differs."""

    complaints: int
    differences: Sequence[Difference]
    untold: int = 0
    """Of how many entries do not tell any more what was done about them: more of that is no difference then."""


async def recount_receptions(engine: AsyncEngine, tenant: str, zone: str, period: Period) -> Recount:
    """Compare what counts on days of reception: all complaints that were received in `period`.

    What waits as a change counts as well. Raises NotMade, and TooWide where they are more than MOST_COMPLAINTS.
    """
    begin = datetime.combine(period.first, time(), ZoneInfo(zone))
    end = datetime.combine(period.last + timedelta(days=1), time(), ZoneInfo(zone))
    async with engine.execution_options(isolation_level=REPEATABLE_READ).begin() as connection:
        if not await statistics_sums.is_made(connection):
            raise NotMade
        found = await complaints.received(connection, tenant, begin, end, MOST_COMPLAINTS + 1)
        if len(found) > MOST_COMPLAINTS:
            raise TooWide(MOST_COMPLAINTS)
        expected: _Counts = Counted()
        await asyncio.to_thread(_count, expected, _tallies(found), _OF_RECEPTION)  # others need not wait for it
        return Recount(len(found), await _differences(connection, tenant, zone, period, expected, _OF_RECEPTION))


async def recount_all(engine: AsyncEngine, tenant: str, zone: str, *, told: Told | None = None) -> Recount:
    """Compare everything that a tenant's figures have ever counted; `told` is called with how many are done.

    What was done about complaints is counted of their entries.
    """
    expected: _Counts = Counted()
    done, untold, after = 0, 0, (tenant, UUID(int=0))
    async with engine.execution_options(isolation_level=REPEATABLE_READ).begin() as connection:
        total = await complaints.how_many(connection, tenant)
        while found := [each for each in await complaints.page(connection, after, PAGE) if each.tenant == tenant]:
            _count(expected, _tallies(found), None)
            replayed = await replay(connection, found, ZoneInfo(zone))
            _count(expected, (deed for change in replayed.changes for deed in change.deeds), None)
            untold += replayed.untold
            done, after = done + len(found), (tenant, found[-1].id)
            if told is not None:
                told(done, total)
        differences = await _differences(connection, tenant, zone, _EVER, expected, None)
    return Recount(done, [each for each in differences if not (untold and _may_be_untold(each))], untold)


def _may_be_untold(difference: Difference) -> bool:
    return difference.counter >= FIRST_TOLD and difference.found > difference.expected


def _tallies(found: Iterable[Complaint]) -> Iterator[Tally]:
    return (counted for each in found if (counted := tally(each)) is not None)


def _by(cube: Cube) -> tuple[Dimension, ...]:
    """Return by what a cube is compared: by all that it keeps, but for the details, which may be millions."""
    return TERMS[Kind.UNIT] if cube is Cube.DETAIL else KEPT[cube]


def _count(expected: _Counts, found: Iterable[Tally], counters: frozenset[Counter] | None) -> None:
    for counted in found:
        kinds = [kind for kind in map(code_of, counted.marks) if counters is None or kind in counters]
        for cube in Cube:
            key = tuple(getattr(counted.cell, name) for name in _by(cube))
            for kind in kinds:
                if kind < FIRST_DURATION or cube in WITH_WORK:
                    expected[cube, key, kind] += 1


async def _differences(
    connection: AsyncConnection,
    tenant: str,
    zone: str,
    period: Period,
    expected: _Counts,
    counters: frozenset[Counter] | None,
) -> Sequence[Difference]:
    present: _Counts = Counted()
    for cube in Cube:
        question = Question(
            tenant=tenant,
            zone=zone,
            cube=cube,
            period=period,
            over=period.last,
            by=_by(cube),
            exclusions=False,
            with_work=counters is None and cube in WITH_WORK,
        )
        for key, sums in (await statistics_sums.sums(connection, question, most=_MOST_KEYS)).items():
            present.update({(cube, key, kind): n for kind, n in _kinds(sums) if counters is None or kind in counters})
    places = sorted(expected.keys() | present.keys())
    return [Difference(*at, expected[at], present[at]) for at in places if expected[at] != present[at]]


def _kinds(sums: Sums) -> Iterable[tuple[int, int]]:
    yield from enumerate(sums.counts)
    if sums.work is None:
        return
    for measure in Measure:
        for step in range(STEPS):
            yield FIRST_DURATION + measure * DURATION_WIDTH + step, sums.steps(measure)[step]
    for deed in Deed:
        yield FIRST_DEED + deed, sums.done(deed)

"""Answers what is asked of the figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ledger_service.domain.cubes import Cube, Dimension, Grain, Period, cube_of, dimension_of
from ledger_service.domain.indicators import Indicator, Sums
from ledger_service.domain.names import Labels
from ledger_service.domain.ranking import needed
from ledger_service.domain.tally import Counter
from ledger_service.persistence import directory, statistics_settings, statistics_sums
from ledger_service.persistence.statistics_cells import Key, Question
from ledger_service.persistence.statistics_settings import KeptSettings

REPEATABLE_READ = "REPEATABLE READ"
MOST_COMPLAINTS = 50_000
"""How many may count in a period for details to be summed up: up to there it takes some tenths of a second."""
_DUE = (Counter.IN_TIME, Counter.MISSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A question of a caller."""

    period: Period
    indicators: Sequence[Indicator] = ()
    ranked_by: str | None = None
    """An indicator or the score, which is made of what the settings of that time weigh: instead of `indicators`."""
    by: tuple[str, ...] = ()
    """Of BROKEN_DOWN_BY."""
    step: Grain | None = None
    filters: Mapping[Dimension, str] = field(default_factory=dict)
    as_of: date | None = None
    compare: tuple[str, ...] = ()
    """`month`, `year`: see Period.before."""

    @property
    def cube(self) -> Cube:
        """The smallest that has what the indicators are made of."""
        return cube_of({*map(dimension_of, self.by), *self.filters}, with_work=self.with_work)

    @property
    def with_work(self) -> bool:
        """Whether it takes times of work or deeds."""
        return any(each.needs_work for each in self.indicators)


@dataclass(frozen=True, slots=True)
class Line:
    """The sums of one key, and what they are compared with."""

    sums: Sums
    compared: Mapping[str, Sums]


@dataclass(frozen=True, slots=True)
class Answer:
    """Lines by key, in order, the settings and indicators to read them with, and what the tenant calls things."""

    settings: KeptSettings
    indicators: Sequence[Indicator]
    lines: Mapping[Key, Line]
    labels: Labels
    compared_with: Mapping[str, Period]
    """The days that were counted for each comparison; none where all days of the period are still to come."""


class TooManyLines(Exception):
    """There are more than `most` lines."""

    def __init__(self, most: int) -> None:
        super().__init__(f"there are more than {most} lines")
        self.most = most


class TooWide(Exception):
    """More than `most` complaints count in the period of a question that only details can answer."""

    def __init__(self, most: int) -> None:
        super().__init__(f"more than {most} complaints count in the period")
        self.most = most


class NotMade(Exception):
    """The roll-ups are being made of the entries."""


async def answer(engine: AsyncEngine, tenant: str, zone: str, wanted: Wanted, *, today: date, most: int) -> Answer:
    """Return what is wanted, as it is today or was at the end of `as_of`; raises TooManyLines above `most`.

    Raises TooWide and NotMade as well. The settings are those of that time.
    """
    async with engine.execution_options(isolation_level=REPEATABLE_READ).begin() as connection:
        if not await statistics_sums.is_made(connection):
            raise NotMade
        kept = await statistics_settings.read(connection, tenant, zone, as_of=wanted.as_of)
        if wanted.ranked_by is not None:
            wanted = replace(wanted, indicators=needed(wanted.ranked_by, kept.settings))
        labels = await directory.labels(connection, tenant)
        asked = _question(tenant, zone, wanted, kept, today)
        earlier = {step: replace(asked, period=asked.period.before(step)) for step in wanted.compare}
        if asked.cube is Cube.DETAIL:
            await _refuse_wide(connection, [asked, *earlier.values()])
        found = await _sums(connection, asked, most)
        compared = {step: await _sums(connection, each, most) for step, each in earlier.items()}
    keys = sorted({*found, *(key for sums in compared.values() for key in sums)}) if wanted.by or wanted.step else [()]
    if len(keys) > most:
        raise TooManyLines(most)
    nothing = Sums.none(with_work=asked.with_work)
    lines = {
        key: Line(found.get(key, nothing), {step: sums.get(key, nothing) for step, sums in compared.items()})
        for key in keys
    }
    compared_with = {step: each.period for step, each in earlier.items() if asked.period.days > 0}
    return Answer(kept, wanted.indicators, lines, labels, compared_with)


def _question(tenant: str, zone: str, wanted: Wanted, kept: KeptSettings, today: date) -> Question:
    newest = wanted.as_of or today
    return Question(
        tenant=tenant,
        zone=zone,
        cube=wanted.cube,
        period=Period(wanted.period.first, min(wanted.period.last, newest)),
        over=min(newest, today - timedelta(days=1)),
        as_of=wanted.as_of,
        step=wanted.step,
        by=wanted.by,
        filters=wanted.filters,
        exclusions=kept.settings.exclusions,
        with_work=wanted.with_work,
    )


async def _sums(connection: AsyncConnection, question: Question, most: int) -> Mapping[Key, Sums]:
    return await statistics_sums.sums(connection, question, most=most + 1)


async def _refuse_wide(connection: AsyncConnection, asked: Sequence[Question]) -> None:
    """Raise TooWide where details would be too many, by what all of the tenant's come to."""
    counted = 0
    for question in asked:
        whole = replace(
            question, cube=Cube.TOTAL, by=(), step=None, filters={}, as_of=None, exclusions=False, with_work=False
        )
        for found in (await statistics_sums.sums(connection, whole, most=1)).values():
            counted += max(found.of(Counter.RECEIVED), found.of(*_DUE), found.of(Counter.CLOSED))
    if counted > MOST_COMPLAINTS:
        raise TooWide(MOST_COMPLAINTS)

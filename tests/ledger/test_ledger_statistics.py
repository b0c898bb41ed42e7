"""Roll-ups of any history, in any slices, are what a slow count over the entries gives, today's and yesterday's."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.envelope import Event
from histories import messages
from ledger.eventful import Eventful
from ledger.figures import expected
from ledger.wandering import Wandering
from ledger_service.domain.cubes import KEPT, WITH_WORK, Cube, Dimension, Grain, Period
from ledger_service.domain.deeds import Deed
from ledger_service.domain.durations import STEPS, Measure
from ledger_service.domain.indicators import Sums
from ledger_service.domain.tally import Counter
from ledger_service.events.handler import SUBSCRIPTION
from ledger_service.persistence import statistics_sums
from ledger_service.persistence.statistics_cells import Question
from ledger_service.service.folding import fold_changes
from ledger_service.service.rebuilding import rebuild
from ledger_service.service.recounting import recount_all, recount_receptions
from ledger_service.service.retallying import retally
from runtime.outages import is_outage

ZONE = "Asia/Shanghai"
DAYS = [date(2026, 2, 27) + timedelta(days=number) for number in range(5)]
"""When entries are recorded: over the end of a month."""
FIRST = datetime(2026, 2, 20, 3, tzinfo=UTC)


class Book:
    """A tenant whose entries are recorded on days of the test's choice."""

    def __init__(self, engine: AsyncEngine, tenant: str) -> None:
        self.engine = engine
        self.tenant = tenant

    async def enter(self, events: list[Event], day: date) -> None:
        """Enter a slice, and say that it was on that day, an hour after midnight there."""
        newest = await self._newest()
        outcome = await SUBSCRIPTION.apply(self.engine, messages(events))
        assert not outcome.misfits
        at = datetime(day.year, day.month, day.day, 1, tzinfo=UTC) - timedelta(hours=8)
        async with self.engine.begin() as connection:
            await connection.execute(text("SET LOCAL session_replication_role = replica"))
            for table, key, last in (("entry", "position", newest[0]), ("statistics_change", "id", newest[1])):
                await connection.execute(
                    text(f"UPDATE {table} SET recorded_at = :at WHERE tenant = :tenant AND {key} > :last"),
                    {"at": at, "tenant": self.tenant, "last": last},
                )

    async def compare(self, question: Question) -> None:
        async with self.engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            found = await statistics_sums.sums(connection, question, most=100_000)
            wanted = await expected(connection, question)
        assert {key: _named(sums) for key, sums in found.items() if _named(sums)} == wanted, question

    async def _newest(self) -> tuple[int, int]:
        async with self.engine.connect() as connection:
            row = (
                await connection.execute(
                    text(
                        "SELECT (SELECT coalesce(max(position), 0) FROM entry), "
                        "(SELECT coalesce(max(id), 0) FROM statistics_change)"
                    )
                )
            ).one()
        return row[0], row[1]


def _named(sums: Sums) -> Mapping[str, int]:
    names = {counter.name.lower(): sums.counts[counter] for counter in Counter}
    if sums.work is not None:
        names |= {deed.name.lower(): sums.done(deed) for deed in Deed}
        for measure in Measure:
            names |= {f"{measure.name.lower()} {step}": sums.steps(measure)[step] for step in range(STEPS)}
    return {name: count for name, count in names.items() if count}


def _question(random: Random, tenant: str, wandering: list[Wandering]) -> Question:
    cube = random.choice(list(Cube))
    by = tuple(random.sample(KEPT[cube], min(len(KEPT[cube]), random.randint(0, 2))))
    filters: dict[Dimension, str] = {}
    if KEPT[cube] and random.random() < 0.5:
        name = random.choice(KEPT[cube])
        filters[name] = random.choice(wandering).value(name, random)
    first = FIRST.date() + timedelta(days=random.randint(-400, 10))
    last = first + timedelta(days=random.choice((0, 3, 40, 800)))
    as_of = random.choice((None, *DAYS))
    return Question(
        tenant=tenant,
        zone=ZONE,
        cube=cube,
        period=Period(first, min(last, as_of) if as_of else last),
        over=as_of or random.choice((date(2026, 3, 1), date(2027, 1, 1))),
        as_of=as_of,
        step=random.choice((None, Grain.DAY, Grain.MONTH)),
        by=by,
        filters=filters,
        exclusions=random.random() < 0.8,
        with_work=cube in WITH_WORK,
    )


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ledger(engine: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    yield engine


@pytest.mark.parametrize("seed", range(6))
async def test_roll_ups_are_what_the_entries_come_to(ledger: AsyncEngine, seed: int) -> None:
    random, tenant = Random(seed), f"county-{seed}"
    book = Book(ledger, tenant)
    lives = [Wandering(random, tenant, FIRST + timedelta(hours=random.randint(0, 200))) for _ in range(25)]
    rest = _interleaved([life.events for life in lives], random)
    for day in DAYS:
        for _ in range(random.randint(1, 4)):
            size = random.choice((1, 7, 60, 400))
            await book.enter(rest[:size], day)
            rest = rest[size:]
            if random.random() < 0.5:
                await fold_changes(ledger, ZONE, batch=random.choice((3, 50, 5000)))
    await book.enter(rest, DAYS[-1])
    for _ in range(25):
        await book.compare(_question(random, tenant, lives))


async def test_figures_made_anew_are_the_same(ledger: AsyncEngine) -> None:
    random, tenant = Random(31), "county-anew"
    book = Book(ledger, tenant)
    lives = [Wandering(random, tenant, FIRST + timedelta(hours=random.randint(0, 200))) for _ in range(25)]
    rest = _interleaved([life.events for life in lives], random)
    for day in DAYS:
        await book.enter(rest[: len(rest) // 3], day)
        rest = rest[len(rest) // 3 :]
    await fold_changes(ledger, ZONE)
    told: list[tuple[int, int]] = []
    made = await rebuild(ledger, ZONE, told=lambda *numbers: told.append(numbers))
    assert made is not None
    assert told[-1] == (made.complaints, made.complaints)
    await book.enter(rest, DAYS[-1])
    for _ in range(25):
        await book.compare(_question(random, tenant, lives))


async def test_a_recount_finds_what_was_tampered_with(ledger: AsyncEngine) -> None:
    random, tenant = Random(32), "county-recounted"
    book = Book(ledger, tenant)
    lives = [Wandering(random, tenant, FIRST + timedelta(hours=number)) for number in range(20)]
    for life in lives:
        await book.enter(life.events[: len(life.events) // 2], DAYS[0])
    await fold_changes(ledger, ZONE)
    for life in lives:
        await book.enter(life.events[len(life.events) // 2 :], DAYS[3])
    days = Period(FIRST.date() - timedelta(days=2), FIRST.date() + timedelta(days=3))
    assert await recount_all(ledger, tenant, ZONE) == (20, [], 0)
    assert await recount_receptions(ledger, tenant, ZONE, days) == (20, [], 0)
    async with ledger.begin() as connection:
        await connection.execute(
            text("""
                UPDATE statistics_figure SET received = received + 1 WHERE received > 0 AND cube = :cube AND tenant IN (
                    SELECT id FROM statistics_term WHERE kind = 0 AND tenant = :tenant)
            """),
            {"tenant": tenant, "cube": Cube.SOURCE},
        )
    for found in (
        await recount_all(ledger, tenant, ZONE),
        await recount_receptions(ledger, tenant, ZONE, days),
    ):
        assert {(each.cube, each.counter) for each in found.differences} == {(Cube.SOURCE, Counter.RECEIVED)}
    await rebuild(ledger, ZONE, wait=True)
    assert await recount_all(ledger, tenant, ZONE) == (20, [], 0)


async def test_repeats_change_nothing(ledger: AsyncEngine) -> None:
    random, tenant = Random(77), "county-repeats"
    book = Book(ledger, tenant)
    lives = [Wandering(random, tenant, FIRST) for _ in range(5)]
    events = [event for life in lives for event in life.events]
    await book.enter(events, DAYS[0])
    before = await _changes(ledger)
    await book.enter(events, DAYS[1])
    assert await _changes(ledger) == before
    await fold_changes(ledger, ZONE)
    await book.enter(events, DAYS[2])
    assert await _changes(ledger) == 0


async def test_what_an_older_release_entered_is_counted_as_of_its_days(ledger: AsyncEngine) -> None:
    random, tenant = Random(5), "county-upgraded"
    book = Book(ledger, tenant)
    lives = [Wandering(random, tenant, FIRST) for _ in range(30)]
    for place, day in enumerate(DAYS):
        for life in lives:
            size = len(life.events) // len(DAYS) + 1
            await book.enter(life.events[place * size : (place + 1) * size], day)
    await _forget_facts(ledger, tenant, random)
    assert await retally(ledger, batch=7) == 30
    assert await retally(ledger) == 0
    for _ in range(25):
        await book.compare(_question(random, tenant, lives))


async def _forget_facts(engine: AsyncEngine, tenant: str, random: Random) -> None:
    """Leave everything as a release would that knew no facts."""
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM statistics_change WHERE tenant = :tenant"), {"tenant": tenant})
        await connection.execute(
            text("""
                UPDATE ledger_complaint SET facts_version = 0, officer = NULL, promised_at = NULL, rating = NULL,
                    reworks = 0, exclusions = 0, first_assigned_at = NULL
                WHERE tenant = :tenant
            """),
            {"tenant": tenant},
        )


async def test_what_comes_to_nothing_is_no_line(ledger: AsyncEngine) -> None:
    tenant = "county-lines"
    book = Book(ledger, tenant)
    life = Eventful(tenant=tenant)
    life.received(received_at=FIRST, category="street_order.parking")
    life.at(FIRST)
    await book.enter(life.events, DAYS[0])
    await fold_changes(ledger, ZONE)
    life.promised(FIRST + timedelta(days=1), team="team-01")
    life.at(FIRST + timedelta(minutes=5))
    await book.enter(life.events[1:], DAYS[0])
    question = Question(
        tenant=tenant,
        zone=ZONE,
        cube=Cube.UNIT,
        period=Period(FIRST.date(), FIRST.date()),
        over=FIRST.date(),
        by=(Dimension.TEAM,),
        with_work=True,
    )
    for _ in range(2):
        async with ledger.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            assert [*await statistics_sums.sums(connection, question, most=10)] == [("team-01",)]
        await fold_changes(ledger, ZONE)


async def test_cells_that_come_to_nothing_go(ledger: AsyncEngine) -> None:
    random, tenant = Random(9), "county-cells"
    book = Book(ledger, tenant)
    life = Wandering(random, tenant, FIRST)
    for event in life.events:
        await book.enter([event], DAYS[0])
        await fold_changes(ledger, ZONE)
    async with ledger.connect() as connection:
        counts = " AND ".join(f"{counter.name.lower()} IS NULL" for counter in Counter)
        nothing = await connection.scalar(text(f"SELECT count(*) FROM statistics_figure WHERE {counts}"))
        nothing += await connection.scalar(text("SELECT count(*) FROM statistics_time WHERE NOT 0 <> ANY (steps)"))
    assert nothing == 0


async def _changes(engine: AsyncEngine) -> Any:
    async with engine.connect() as connection:
        return await connection.scalar(text("SELECT count(*) FROM statistics_change"))


def _interleaved(lives: list[list[Event]], random: Random) -> list[Event]:
    turns = [index for index, life in enumerate(lives) for _ in life]
    random.shuffle(turns)
    rest = [iter(life) for life in lives]
    return [next(rest[turn]) for turn in turns]


async def test_the_release_before_adds_nothing_any_more(engine: AsyncEngine) -> None:
    with pytest.raises(DBAPIError) as caught:
        async with engine.begin() as connection:
            await connection.execute(text("INSERT INTO statistics_cell SELECT * FROM statistics_cell"))
    assert is_outage(caught.value)  # so its worker tries again until the replica is replaced

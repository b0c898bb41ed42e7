"""The same events in any order that Kafka allows, with repeats, in slices of any size, make the same ledger.

Kafka keeps the order of one key; between keys it promises nothing, and anything may come twice. JIEBAN_REPLAY_LIVES
and JIEBAN_REPLAY_EXAMPLES make them more than a test run can afford.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from itertools import count
from random import Random
from typing import NamedTuple

import pytest
import pytest_asyncio
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.envelope import Event
from contracts.lifecycle import EventType, Status, next_status
from eventbus.parking import Message
from full_lives import a_life
from histories import message
from ledger_service.events.handler import SUBSCRIPTION
from runtime.database import create_engine, run_migrations
from stack import MakeDatabase

LIVES = int(os.environ.get("JIEBAN_REPLAY_LIVES", "100"))
EXAMPLES = int(os.environ.get("JIEBAN_REPLAY_EXAMPLES", "15"))
MOST_STEPS = 24
REPEATED = 0.3
_DIGEST = sa.text("""
    SELECT md5(string_agg(line, E'\n' ORDER BY line)) AS digest, count(*) AS lines FROM (
        SELECT to_jsonb(complaint) - 'updated_at' - 'lacking_since' || '{"table": "complaint"}'
        FROM ledger_complaint AS complaint WHERE tenant = :tenant
        UNION ALL
        SELECT to_jsonb(entry) - 'position' - 'recorded_at' - 'salt' - 'erased_digest' || jsonb_build_object('step',
            row_number() OVER (PARTITION BY complaint_id ORDER BY position)) FROM entry WHERE tenant = :tenant
    ) AS state (line_json), CAST(line_json AS text) AS line
""")


class Ledgers(NamedTuple):
    """Two ledgers that get the same events."""

    in_order: AsyncEngine
    shuffled: AsyncEngine


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ledgers(databases: MakeDatabase) -> AsyncIterator[Ledgers]:
    made = Ledgers(await _ledger(databases), await _ledger(databases))
    yield made
    await asyncio.gather(made.in_order.dispose(), made.shuffled.dispose())


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_shuffled_replay_with_repeats_makes_the_same_ledger(ledgers: Ledgers, seed: int) -> None:
    random = Random(seed)
    tenant = f"replay-{seed}"
    lives = [a_life(random.choice, random.randint(1, MOST_STEPS), tenant=tenant) for _ in range(LIVES)]
    assert {event.type for life in lives for event in life} == set(EventType)
    await _check_same(ledgers, tenant, lives, random)


_examples = count()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
async def test_any_interleaving_of_any_lives_gives_a_legal_and_equal_ledger(
    ledgers: Ledgers, data: st.DataObject
) -> None:
    tenant = f"any-{next(_examples)}"
    lives = [
        a_life(lambda types: data.draw(st.sampled_from(types)), length, tenant=tenant)
        for length in data.draw(st.lists(st.integers(1, MOST_STEPS), min_size=1, max_size=4))
    ]
    random = data.draw(st.randoms(use_true_random=False))
    await _check_same(ledgers, tenant, lives, random)
    for life in lives:
        await _check_legal(ledgers.shuffled, life)


async def _check_same(ledgers: Ledgers, tenant: str, lives: Sequence[Sequence[Event]], random: Random) -> None:
    """Let one ledger have the lives one after the other and one mixed, with repeats, in slices of any size."""
    events = [event for life in lives for event in life]
    await _apply(ledgers.in_order, [message(event) for event in events], 500)
    records = _repeated(_interleaved(lives, random), random)
    while records:
        size = random.choice((1, 7, 60, 300))
        await _apply(ledgers.shuffled, records[:size], size)
        records = records[size:]
    digests = [await _digest(engine, tenant) for engine in ledgers]
    assert digests[0] == digests[1]
    assert digests[0][1] == len(lives) + len(events)


async def _check_legal(engine: AsyncEngine, life: Sequence[Event]) -> None:
    """Every step is one of the state table, every text stands as it came or is erased, and nothing is left over."""
    query = sa.text("SELECT * FROM entry WHERE complaint_id = :id ORDER BY position")
    async with engine.connect() as connection:
        entries = (await connection.execute(query, {"id": life[0].subject})).all()
    assert [each.event_id for each in entries] == [event.id for event in life]
    status: Status | None = None
    last_erasure = max((index for index, event in enumerate(life) if event.type is EventType.ERASED), default=-1)
    for index, (each, event) in enumerate(zip(entries, life, strict=True)):
        assert each.status_before == status
        status = next_status(status, event.type)
        assert each.status_after == status
        if each.data is None:
            assert index < last_erasure
            assert (each.actor, each.salt) == (None, None)
        else:
            assert each.data == event.data.model_dump_json(exclude_none=True)
        if event.type is EventType.RECEIVED:
            assert (each.data is None) == (last_erasure >= 0)


def _interleaved(lives: Sequence[Sequence[Event]], random: Random) -> list[Event]:
    """Mix the lives, each of which stays in order."""
    turns = [index for index, life in enumerate(lives) for _ in life]
    random.shuffle(turns)
    rest = [iter(life) for life in lives]
    return [next(rest[turn]) for turn in turns]


def _repeated(events: Sequence[Event], random: Random) -> list[Message]:
    """Return the records of `events`, of which some come again, at any time after their first."""
    records = [(float(place), message(event)) for place, event in enumerate(events)]
    again = [
        (random.uniform(place, len(events)), message(events[int(place)]))
        for place, _ in records
        if random.random() < REPEATED
    ]
    return [record for _, record in sorted(records + again, key=lambda pair: pair[0])]


async def _ledger(databases: MakeDatabase) -> AsyncEngine:
    url = await databases()
    await asyncio.to_thread(run_migrations, "ledger_service", url)
    return create_engine(url, application_name="replays", pool_size=1)


async def _apply(engine: AsyncEngine, records: Sequence[Message], size: int) -> None:
    for start in range(0, len(records), size):
        outcome = await SUBSCRIPTION.apply(engine, records[start : start + size])
        assert not outcome.misfits


async def _digest(engine: AsyncEngine, tenant: str) -> tuple[str, int]:
    async with engine.connect() as connection:
        row = (await connection.execute(_DIGEST, {"tenant": tenant})).one()
    return row.digest, row.lines

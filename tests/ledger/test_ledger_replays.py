"""The same events in any order that Kafka allows, with repeats, in slices of any size, make the same ledger.

Kafka keeps the order of one key; between keys it promises nothing, and anything may come twice. JIEBAN_REPLAY_LIVES
makes the lives more than a test run can afford.
"""

import asyncio
import os
from collections.abc import Sequence
from random import Random

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.envelope import Event
from contracts.lifecycle import Status
from eventbus.parking import Message
from histories import History, message
from ledger_service.events.handler import SUBSCRIPTION
from runtime.database import create_engine, run_migrations
from stack import MakeDatabase

LIVES = int(os.environ.get("JIEBAN_REPLAY_LIVES", "150"))
REPEATED = 0.3
_DIGEST = sa.text("""
    SELECT md5(string_agg(line, E'\n' ORDER BY line)) AS digest, count(*) AS lines FROM (
        SELECT to_jsonb(complaint) - 'updated_at' || '{"table": "complaint"}' FROM ledger_complaint AS complaint
        UNION ALL
        SELECT to_jsonb(entry) - 'position' - 'recorded_at' - 'salt' || jsonb_build_object('step',
            row_number() OVER (PARTITION BY complaint_id ORDER BY position)) FROM entry
    ) AS state (line_json), CAST(line_json AS text) AS line
""")


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_shuffled_replay_with_repeats_makes_the_same_ledger(databases: MakeDatabase, seed: int) -> None:
    random = Random(seed)
    lives = [_life(random) for _ in range(LIVES)]
    in_order, shuffled = await _ledger(databases), await _ledger(databases)
    events = [event for life in lives for event in life]
    await _apply(in_order, [message(event) for event in events], 500)
    records = _repeated(_interleaved(lives, random), random)
    assert len(records) > len(events) * (1 + REPEATED / 2)
    while records:
        size = random.choice((1, 7, 60, 300))
        await _apply(shuffled, records[:size], size)
        records = records[size:]
    digests = [await _digest(engine) for engine in (in_order, shuffled)]
    assert digests[0] == digests[1]
    assert digests[0][1] == LIVES + len(events)
    await asyncio.gather(in_order.dispose(), shuffled.dispose())


def _life(random: Random) -> list[Event]:
    """Return the events of a complaint that comes to some end."""
    history = History()
    steps = (history.received, history.assigned, history.accepted, history.started, history.resolved)
    reached = random.randint(1, len(steps))
    for step in steps[:reached]:
        step()
    if random.random() < 0.4:
        request = history.release_requested()
        if reached == len(steps):
            history.release_refused(request.id, Status.RESOLVED)
        elif reached > 1:
            history.released(request.id)
            history.withdrawn()
    return history.events


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


async def _digest(engine: AsyncEngine) -> tuple[str, int]:
    async with engine.connect() as connection:
        row = (await connection.execute(_DIGEST)).one()
    return row.digest, row.lines

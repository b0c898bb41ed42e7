"""However a device splits, repeats and delays what it sends, the end is the same."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.envelope import Event
from dispatch.asking import events_of, shown
from dispatch.offline import BODIES, sync
from dispatch.world import World

_ACTIONS = ("accept", "start", "note", "resolve", "suspension")
_CASES = 2


class Plan(NamedTuple):
    """What was done offline (case and action, in order), and how it is sent: slices of it, in order of sending."""

    actions: list[tuple[int, str]]
    slices: list[tuple[int, int]]


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    actions = draw(st.lists(st.tuples(st.integers(0, _CASES - 1), st.sampled_from(_ACTIONS)), min_size=1, max_size=10))
    place = st.integers(0, len(actions))
    slices = draw(st.lists(st.tuples(place, place).map(lambda pair: (min(pair), max(pair))), max_size=8))
    return Plan(actions, [each for each in slices if each[0] < each[1]])


def items(plan: Plan, cases: list[Event]) -> list[dict[str, Any]]:
    """Return the items, each of which names the one before it on the same case."""
    made: list[dict[str, Any]] = []
    before: dict[int, str] = {}
    for place, (number, action) in enumerate(plan.actions):
        each = {
            "id": str(uuid.uuid4()),
            "complaint_id": str(cases[number].subject),
            "action": action,
            "at": (datetime.now(UTC) - timedelta(minutes=60 - place)).isoformat(),
            "body": BODIES.get(action, {}),
            "after": before.get(number),
        }
        before[number] = str(each["id"])
        made.append(each)
    return made


async def end(world: World, cases: list[Event]) -> list[Any]:
    """Return what the cases have come to, without ids and times."""
    found = []
    for case in cases:
        detail = await shown(world, case)
        found.append(
            (
                *(detail[name] for name in ("status", "version", "officer", "result")),
                [note["text"] for note in detail["notes"]],
                [request["state"] for request in detail["requests"]],
                await events_of(world, case),
            )
        )
    return found


async def check(world: World, plan: Plan) -> None:
    """Send the plan as a whole, and in its slices before that; compare what comes of both."""
    straight = [await world.a_case() for _ in range(_CASES)]
    slowly = [await world.a_case() for _ in range(_CASES)]
    await sync(world, *items(plan, straight))
    sent = items(plan, slowly)
    for begin, finish in plan.slices:
        await sync(world, *sent[begin:finish])
    whole = await sync(world, *sent)
    assert await end(world, slowly) == await end(world, straight)
    again = await sync(world, *sent)
    assert [each["outcome"] for each in again] == [each["outcome"] for each in whole]
    assert await end(world, slowly) == await end(world, straight)


async def test_any_split_and_repetition_of_batches_ends_the_same(world: World) -> None:
    loop = asyncio.get_running_loop()

    @settings(max_examples=20, derandomize=True, database=None, deadline=None)
    @given(plans())
    def ends_the_same(plan: Plan) -> None:
        asyncio.run_coroutine_threadsafe(check(world, plan), loop).result(60)

    await asyncio.to_thread(ends_the_same)

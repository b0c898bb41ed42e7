"""A batch of offline actions survives the death of the service at any point, and is not applied twice."""

import asyncio
import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from signal import SIGKILL
from typing import Any

import pytest

from dispatch.asking import events_of, shown
from dispatch.offline import item, outcomes, sync
from dispatch.world import SECRET, TENANT, World
from runtime.auth import issue_token

_TESTS = Path(__file__).parents[1]
_DAY = ("accept", "note", "start", "resolve")
_HISTORY = [("assigned", 1), ("accepted", 2), ("started", 3), ("resolved", 4)]


async def killed(world: World, items: list[dict[str, Any]], *, dies_at: int) -> None:
    """Send the batch to a service that is killed in the transaction that applies the action `dies_at`, from 1."""
    arguments = {
        "url": world.engine.url.render_as_string(hide_password=False).replace("+asyncpg", ""),
        "token": issue_token(SECRET, "officer-demo", TENANT, ["officer"], timedelta(hours=1)),
        "items": items,
        "dies_at": dies_at,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "dispatch.dying_sync", json.dumps(arguments)),
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(_TESTS), *sys.path])},
        stdout=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(60):
        assert await process.wait() == -SIGKILL


@pytest.mark.parametrize("dies_at", [2, 7])
async def test_a_service_that_is_killed_within_a_batch_loses_nothing_and_doubles_nothing(
    world: World, dies_at: int
) -> None:
    one, two = await world.a_case(), await world.a_case()
    batch = [item(event, action, minutes_ago=60 - place) for place, action in enumerate(_DAY) for event in (one, two)]

    await killed(world, batch, dies_at=dies_at)
    first_is_done = dies_at > len(_DAY)
    assert (await world.row(one))["status"] == ("resolved" if first_is_done else "assigned")
    assert (await world.row(two))["status"] == "assigned"

    again = await sync(world, *batch)

    assert outcomes(again[0::2]) == ["done*" if first_is_done else "done"] * 4
    assert outcomes(again[1::2]) == ["done"] * 4
    for event in (one, two):
        assert await events_of(world, event) == _HISTORY
        assert len((await shown(world, event))["notes"]) == 1

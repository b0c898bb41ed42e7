"""Impatient clients: each sends one request ten times at once, to all replicas."""

import asyncio
import json
import random

from chaos.load.asking import Asking, Request
from chaos.load.reports import report
from chaos.load.stats import Stats

COPIES = 10
_AT_ONCE = 8
"""Keys that are under way together, so eighty requests."""


async def storm(asking: Asking, stats: Stats, *, seed: int, name: str, keys: int) -> None:
    """Send `keys` good reports COPIES times each; note in `stats` how many complaints came of them.

    `name` is part of every key, so no two storms may share it.
    """
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int) -> None:
        async with gate:
            stats.repeated_keys += 1
            complaints = await _repeated(asking, random.Random(f"{seed} {number}"), f"{name}-{number}")
            stats.complaints_of_repeated.update(complaints)

    await asyncio.gather(*(one(number) for number in range(keys)))
    stats.accepted += len(stats.complaints_of_repeated)


async def _repeated(asking: Asking, rng: random.Random, name: str) -> set[str]:
    who, body = report(rng, name)
    request = Request(who, "intake", "/intake/v1/complaints", "create", body, f"{name}-create")
    answers = await asyncio.gather(*(asking.ask(request, replica) for replica in range(COPIES)))
    for answer in answers:
        if answer is not None and answer.status != 201:
            asking.wrong(request, answer.status, "a repeat of a good report got this")
    return {str(json.loads(answer.body)["id"]) for answer in answers if answer is not None and answer.status == 201}

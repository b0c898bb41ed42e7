"""What was done about complaints is counted again as far as entries tell it."""

import asyncio
import subprocess
import sys

import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from histories import BEGIN
from ledger.conftest import Enter
from ledger.test_ledger_deeds_rest import DAY, TENANT, ZONE, Life
from ledger_service.domain.cubes import Cube
from ledger_service.domain.deeds import SIZE, Deed
from ledger_service.domain.tally import name_of
from ledger_service.service.folding import fold_changes
from ledger_service.service.rebuilding import rebuild
from ledger_service.service.recounting import recount_all

_TAKE = text("""
    UPDATE statistics_time SET steps[:place] = steps[:place] - 1 WHERE steps[:place] > 0 AND cube = :cube
""")


def _of_many_deeds() -> Life:
    life = Life()
    life.contributed("team-02", "officer-3")
    life.ordered(deadline=BEGIN + DAY)
    life.order_replied("officer-1")
    life.transferred("water")
    life.resolved("dispatcher-1")
    return life


@pytest_asyncio.fixture(loop_scope="session")
async def lives(engine: AsyncEngine, enter: Enter) -> list[Life]:
    made = [_of_many_deeds(), _of_many_deeds()]
    await enter(*made)
    await fold_changes(engine, ZONE)
    return made


async def _told(url: str, *arguments: str) -> tuple[int, list[str]]:
    """Run `jieban statistics`; return its exit code and what it says, but for what it logs."""
    command = [sys.executable, "-m", "jieban", "statistics", *arguments]
    env = {"JIEBAN_LEDGER_DATABASE_URL": url, "COLUMNS": "200"}
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, env=env)
    return done.returncode, [line for line in done.stdout.splitlines() if "[info" not in line]


async def test_what_entries_tell_is_counted_again(
    engine: AsyncEngine, enter: Enter, lives: list[Life], database_url: str
) -> None:
    erased, _ = lives
    assert await recount_all(engine, TENANT, ZONE) == (2, [], 0)
    place = SIZE - len(Deed) + Deed.HANDED_OVER + 1
    async with engine.begin() as connection:
        await connection.execute(_TAKE, {"place": place, "cube": Cube.CATEGORY})
    found = (await recount_all(engine, TENANT, ZONE)).differences
    assert {(each.cube, name_of(each.counter)) for each in found} == {(Cube.CATEGORY, "handed_over")}
    assert await rebuild(engine, ZONE, wait=True) == (2, 0)
    assert await recount_all(engine, TENANT, ZONE) == (2, [], 0)

    right = "The figures are what 2 complaints come to."
    assert await _told(database_url, "check", "--tenant", TENANT) == (0, [right])

    await enter.raw(erased.erased(), lambda value: value)
    assert await recount_all(engine, TENANT, ZONE) == (2, [], 1), "there may be more than the entries tell"
    anew = "The figures of 2 complaints are made anew."
    lack = "They lack what was done about 1 of them, whose texts were erased."
    assert await _told(database_url, "rebuild") == (0, [anew, lack])
    untold = "What was done about 1 of them, whose texts were erased, cannot be counted again."
    assert await _told(database_url, "check", "--tenant", TENANT) == (0, [untold, right])
    async with engine.begin() as connection:
        await connection.execute(_TAKE, {"place": place, "cube": Cube.CATEGORY})
    code, said = await _told(database_url, "check", "--tenant", TENANT)
    assert (code, "category [street_order.vendors] handed_over: 0 instead of 1" in said) == (1, True), said

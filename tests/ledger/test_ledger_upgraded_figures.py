"""Figures that the release before has made, which knew no departments: what becomes of them with the upgrade."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from histories import BEGIN
from ledger.conftest import Enter
from ledger.promised_lives import promised_life
from ledger_service.domain.cubes import Cube, Dimension, Period
from ledger_service.domain.tally import Counter
from ledger_service.persistence import statistics_sums
from ledger_service.persistence.statistics_cells import Question
from ledger_service.service.folding import fold_changes
from ledger_service.service.rebuilding import rebuild
from runtime.database import run_migrations

ZONE = "Asia/Shanghai"
_AS_BEFORE = (
    "UPDATE statistics_term SET kind = 5 WHERE kind = 6",
    "UPDATE statistics_state SET edition = 1",
    "UPDATE alembic_version SET version_num = '0027'",
)


async def _upgrade(engine: AsyncEngine, url: str) -> None:
    """Leave the terms as the release before made them, and upgrade."""
    async with engine.begin() as connection:
        for statement in _AS_BEFORE:
            await connection.execute(text(statement))
    await engine.dispose()
    run_migrations("ledger_service", url)


async def _handled_by_guidance(engine: AsyncEngine) -> int:
    day = BEGIN.date()
    question = Question(
        tenant="t",
        zone=ZONE,
        cube=Cube.HANDLING_MODE,
        period=Period(day, day),
        over=day,
        filters={Dimension.HANDLING_MODE: "guidance", Dimension.DEPARTMENT: ""},
    )
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ")
        found = await statistics_sums.sums(connection, question, most=1)
    return found[()].of(Counter.IN_TIME) if found else 0


async def _is_made(engine: AsyncEngine) -> bool:
    async with engine.connect() as connection:
        return await statistics_sums.is_made(connection)


@pytest.mark.parametrize("is_told", [False, True], ids=["nothing new to count", "a transfer to count"])
async def test_they_stay_unless_there_is_something_to_count_that_it_did_not(
    own_engine: AsyncEngine, own_url: str, is_told: bool
) -> None:
    enter = Enter(own_engine)
    life = promised_life("t", "team-01", hours=2)
    other = promised_life("t", "team-01", hours=2)
    if is_told:
        other.events = other.events[:2]
        other.transferred()
    await enter(life, other)
    await fold_changes(own_engine, ZONE)
    before = await _handled_by_guidance(own_engine)

    await _upgrade(own_engine, own_url)
    assert await _is_made(own_engine) is not is_told
    if is_told:
        await fold_changes(own_engine, ZONE)
        assert await _is_made(own_engine)
    assert await _handled_by_guidance(own_engine) == before == (1 if is_told else 2)


async def test_made_anew_they_have_what_the_release_before_has_added_since(own_engine: AsyncEngine) -> None:
    await Enter(own_engine)(promised_life("t", "team-01", hours=2))
    await fold_changes(own_engine, ZONE)
    before = await _handled_by_guidance(own_engine)
    async with own_engine.begin() as connection:
        await connection.execute(text(_AS_BEFORE[0]))
    assert await _is_made(own_engine)
    assert await _handled_by_guidance(own_engine) < before

    await rebuild(own_engine, ZONE)
    assert await _handled_by_guidance(own_engine) == before

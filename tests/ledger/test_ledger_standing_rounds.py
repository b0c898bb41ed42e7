"""Rounds whose clock stood from the suspension of the round before, as the release before has stored them."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from histories import BEGIN, TENANT
from ledger.conftest import Enter
from ledger.eventful import Eventful
from ledger_service.service.rebuilding import rebuild
from ledger_service.service.recounting import recount_all
from runtime.database import run_migrations

ZONE = "Asia/Shanghai"
HOUR = timedelta(hours=1)


def life(*steps: str) -> Eventful:
    """Return a complaint that was laid aside after an hour, closed by force, and then what `steps` say, hourly."""
    history = Eventful()
    history.received(received_at=BEGIN)
    for hours, step in enumerate(("assigned", "accepted", "suspended", "force_closed", *steps), 1):
        if step == "assigned":
            history.promised(BEGIN + (hours + 1) * HOUR)
        else:
            getattr(history, step)()
        history.at(BEGIN + hours * HOUR)
    return history


async def test_the_upgrade_lets_them_run_and_leaves_what_is_laid_aside(own_engine: AsyncEngine, own_url: str) -> None:
    at_work = life("reopened", "assigned", "accepted")
    handled = life("reopened", "assigned", "accepted", "started", "resolved", "verified", "closed")
    ended = life("reopened", "assigned", "force_closed")
    anew = life("reopened", "assigned", "accepted", "suspended")
    not_reopened = life()
    stale, right = (at_work, handled, ended), (anew, not_reopened)
    await Enter(own_engine)(*stale, *right)
    before = BEGIN + 3 * HOUR
    async with own_engine.begin() as connection:
        await connection.execute(
            text("UPDATE ledger_complaint SET suspended_at = :at WHERE complaint_id = ANY(:ids)"),
            {"at": before, "ids": [each.id for each in stale]},
        )
        await connection.execute(text("UPDATE alembic_version SET version_num = '0030'"))
    await own_engine.dispose()
    run_migrations("ledger_service", own_url)

    async with own_engine.connect() as connection:
        rows = await connection.execute(text("SELECT complaint_id, suspended_at FROM ledger_complaint"))
        found = {row.complaint_id: row.suspended_at for row in rows}
    assert found == {each.id: None for each in stale} | {anew.id: BEGIN + 8 * HOUR, not_reopened.id: before}
    await rebuild(own_engine, ZONE)
    assert (await recount_all(own_engine, TENANT, ZONE)).differences == []

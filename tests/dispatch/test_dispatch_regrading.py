"""The clock of a case that goes to another unit: what was set meanwhile, and the time that it stood still."""

from dispatch.asking import ask, decide, grant, moment, shown
from dispatch.world import World
from dispatch_service.service.clockworks import Clockworks
from dispatch_service.service.renewing import renew_clocks


async def test_a_clock_that_is_not_renewed_yet_is_renewed_after_the_case_went_to_another_unit(world: World) -> None:
    event = await world.a_case()
    right = (await world.row(event))["promised_at"]
    await world.run(
        "UPDATE dispatch_case SET clock_version = 0, promised_at = promised_at + interval '9 days'"
        " WHERE complaint_id = :id",
        id=event.subject,
    )
    await world.act(event, "assign", {"team": "team-09"}, role="dispatcher")
    await renew_clocks(world.engine, Clockworks())

    row = await world.row(event)
    assert (row["team"], row["promised_at"]) == ("team-09", right)
    assert row["clock_version"] > 0


async def test_another_grade_does_not_take_back_the_time_that_a_case_stood_still(world: World) -> None:
    event = await world.a_case("accept")
    await grant(world, event, "suspension")
    await world.run(
        "UPDATE dispatch_case SET begun_at = begun_at - interval '10 days', suspended_at = now() - interval '10 days',"
        " accept_by = accept_by - interval '10 days', on_site_by = on_site_by - interval '10 days',"
        " warn_at = warn_at - interval '10 days', promised_at = promised_at - interval '10 days',"
        " twice_at = twice_at - interval '10 days' WHERE complaint_id = :id",
        id=event.subject,
    )
    await world.run(
        "UPDATE case_request SET decided_at = now() - interval '10 days' WHERE complaint_id = :id", id=event.subject
    )
    await grant(world, event, "resumption")
    paused = await shown(world, event)
    await ask(world, event, "return")
    await decide(world, event, "return")
    graded = await world.act(event, "assign", {"team": "team-09", "grade": "urgent"}, role="dispatcher")

    assert graded.status_code == 200, graded.text
    row = await world.row(event)
    assert row["grade"] == "urgent"
    assert row["assigned_at"] < row["promised_at"] < moment(paused["promised_at"])
    assert row["accept_by"] > row["assigned_at"]
    assert row["warn_at"] < row["promised_at"] < row["twice_at"]

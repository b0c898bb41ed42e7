"""When a complaint is erased, dispatch keeps what was done, and no word that was written about it."""

from datetime import UTC, datetime, timedelta

from contracts.lifecycle import EventType
from dispatch.asking import shown
from dispatch.offline import item, outcomes, sync
from dispatch.world import World, later, received

CANARY = "canary 王芳"
TABLES = (
    "dispatch_case",
    "case_note",
    "case_request",
    "supervision_order",
    "case_contribution",
    "case_conference",
    "case_rectification",
    "case_transfer",
    "offline_action",
    "idempotency_key",
    "parked_message",
)


async def _everything(world: World) -> str:
    return "\n".join(row for rows in (await world.snapshot(*TABLES)).values() for row in rows)


async def test_nothing_that_was_written_is_left(world: World) -> None:
    event = received(description=CANARY, attributes={"门牌": CANARY})
    await world.deliver(event)
    done = {"handling_mode": "guidance", "result": CANARY}
    same = {"Idempotency-Key": f"erased-{event.subject}"}
    assert (await world.act(event, "accept", {"note": CANARY}, role="officer", headers=same)).status_code == 200
    assert (await world.act(event, "notes", {"text": CANARY}, role="officer")).status_code == 200
    order = {"text": CANARY, "deadline": (datetime.now(UTC) + timedelta(days=1)).isoformat()}
    assert (await world.act(event, "supervision", order, role="supervisor")).status_code == 200
    assert (await world.act(event, "suspension", {"reason": CANARY}, role="officer")).status_code == 200
    sent = item(event, "start")
    assert outcomes(await sync(world, sent)) == ["done"]
    assert (await world.act(event, "resolve", done, role="officer")).status_code == 200
    assert CANARY in await _everything(world)
    before = await shown(world, event)

    await world.deliver(later(event, EventType.ERASED))

    assert CANARY not in await _everything(world)
    case = await shown(world, event)
    assert (case["status"], case["officer"], case["round"]) == ("resolved", "officer-demo", 1)
    assert (case["version"], case["erased_at"]) == (before["version"] + 1, "2026-03-01T08:00:00Z")
    assert case["location"] == {"lon": None, "lat": None, "crs": "WGS84", "address": None}
    assert [each["text"] for each in case["notes"]] == [""]
    again = await world.act(event, "accept", {"note": CANARY}, role="officer", headers=same)
    assert (again.status_code, again.json()["type"]) == (410, "urn:jieban:problem:answer-erased")
    [repeated] = await sync(world, sent)
    assert (repeated["outcome"], repeated["repeated"], repeated["case"]) == ("done", True, None)


async def test_it_may_come_in_the_slice_of_the_complaint_and_again(world: World) -> None:
    event = received(description=CANARY)
    erased = later(event, EventType.ERASED)
    await world.deliver(event, erased)
    await world.deliver(event, erased)
    case = await shown(world, event)
    assert (case["status"], case["description"], case["version"]) == ("assigned", "", 2)


async def test_where_texts_stay_dispatch_has_nothing_to_erase(world: World) -> None:
    event = received(description=CANARY)
    erased = later(event, EventType.ERASED)
    await world.deliver(event, erased._replace(data=erased.data.model_copy(update={"texts": False})))
    case = await shown(world, event)
    assert case["description"] == CANARY
    assert case["erased_at"] is not None


async def test_of_two_that_come_together_both_count(world: World) -> None:
    event = received(description=CANARY)
    erased = later(event, EventType.ERASED)
    less = later(event, EventType.ERASED, sequence=3)
    await world.deliver(event, erased, less._replace(data=less.data.model_copy(update={"texts": False})))
    assert (await shown(world, event))["description"] == ""

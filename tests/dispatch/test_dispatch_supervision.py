"""Supervision orders: a supervisor demands, the unit answers."""

from datetime import UTC, datetime

from contracts.lifecycle import EventType
from dispatch.asking import HOUR, moment, problem
from dispatch.world import World


async def test_a_supervisor_gives_an_order_and_the_unit_replies_once(world: World) -> None:
    event = await world.a_case("accept")
    deadline = datetime.now(UTC) + 4 * HOUR

    ordered = await world.act(
        event, "supervision", {"text": "今天内清走", "deadline": deadline.isoformat()}, role="supervisor"
    )
    (order,) = ordered.json()["supervision"]
    path = f"supervision/{order['id']}/reply"
    stranger = await world.act(event, path, {"text": "好"}, role="officer", subject="officer-0101")
    replied = await world.act(event, path, {"text": "已派人"}, role="officer")
    again = await world.act(event, path, {"text": "又一次"}, role="officer")
    unknown = await world.act(event, f"supervision/{event.subject}/reply", {"text": "?"}, role="officer")

    assert (ordered.status_code, ordered.json()["status"], ordered.headers["ETag"]) == (200, "accepted", '"3"')
    assert (order["text"], moment(order["deadline"]), order["reply"]) == ("今天内清走", deadline, None)
    told, said = (await world.published(event))[2:]
    assert (told["type"], told["sequence"]) == (EventType.ESCALATED, 3)
    assert told["payload"]["order"] == {
        "id": order["id"], "text": "今天内清走", "deadline": deadline.isoformat().replace("+00:00", "Z"),
    }  # fmt: skip
    assert (told["payload"]["actor"], told["payload"]["stage"]) == ("supervisor-demo", "on_site")
    assert "level" not in told["payload"]
    assert [problem(answer) for answer in (stranger, again, unknown)] == [
        (403, "not-your-team"), (409, "request-settled"), (404, "request-not-found"),
    ]  # fmt: skip
    (answered,) = replied.json()["supervision"]
    assert (answered["reply"], answered["replied_by"]) == ("已派人", "officer-demo")
    assert (said["type"], said["sequence"]) == (EventType.ORDER_REPLIED, 4)
    assert said["payload"] == {
        "actor": "officer-demo", "team": "team-08", "order_id": order["id"], "text": "已派人", "late": False,
    }  # fmt: skip
    assert (await world.row(event))["escalated"] == 0


async def test_an_order_needs_a_deadline_to_come_an_open_case_and_a_supervisor(world: World) -> None:
    event, done = await world.a_case(), await world.a_case("accept", "start", "resolve")
    past = {"text": "x", "deadline": "2026-01-01T00:00:00Z"}
    good = {"text": "x", "deadline": (datetime.now(UTC) + HOUR).isoformat()}

    bad = await world.act(event, "supervision", past, role="supervisor")
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "/deadline")
    assert problem(await world.act(done, "supervision", good, role="supervisor")) == (409, "illegal-transition")
    for role in ("officer", "dispatcher", "citizen"):
        assert problem(await world.act(event, "supervision", good, role=role)) == (403, "access-denied")
    await world.run(
        "UPDATE dispatch_case SET status = 'suspended', suspended_at = now() WHERE complaint_id = :id", id=event.subject
    )
    assert (await world.act(event, "supervision", good, role="supervisor")).status_code == 200

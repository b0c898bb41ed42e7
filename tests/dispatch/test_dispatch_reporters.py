"""What reporters add is shown with the case; the clock waits for an answer, and goes on with it or without."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.envelope import Event
from contracts.events import (
    ComplaintSupplemented,
    Payload,
    Place,
    QuestionAnswered,
    QuestionAsked,
    QuestionLapsed,
)
from contracts.lifecycle import EventType
from dispatch.asking import shown
from dispatch.test_dispatch_erasing import CANARY
from dispatch.world import World, later
from dispatch_service.service.timers import fire_due
from runtime.ids import uuid7

HOUR = timedelta(hours=1)
NOW = datetime.now(UTC)


class Talk:
    """What intake tells of one complaint, hour by hour."""

    def __init__(self, about: Event) -> None:
        self.about, self.number = about, 1
        self.question = uuid7()

    def said(self, event_type: EventType, data: Payload, at: datetime) -> Event:
        self.number += 1
        event = later(self.about, EventType.ERASED, sequence=self.number)
        return event._replace(type=event_type, data=data, time=at)

    def asked(self, at: datetime, text: str = "在几号楼？") -> Event:
        self.question = uuid7()
        data = QuestionAsked(question=self.question, actor="operator-1", text=text, lapses_at=at + timedelta(days=5))
        return self.said(EventType.QUESTION_ASKED, data, at)

    def answered(self, at: datetime, text: str = "3 号楼") -> Event:
        data = QuestionAnswered(question=self.question, actor="citizen-1", by="reporter", text=text)
        return self.said(EventType.QUESTION_ANSWERED, data, at)

    def lapsed(self, at: datetime) -> Event:
        return self.said(EventType.QUESTION_LAPSED, QuestionLapsed(question=self.question), at)

    def added(self, text: str = "在 3 号楼旁") -> Event:
        data = ComplaintSupplemented(
            supplement=uuid7(), actor="citizen-1", by="reporter", text=text,
            location=Place(lon=107.24, lat=26.58, address=text), attachments=(uuid7(),),
        )  # fmt: skip
        return self.said(EventType.SUPPLEMENTED, data, NOW)


async def timed(world: World, *steps: str) -> tuple[Event, Talk]:
    """Return a case that has ten hours of every day left."""
    event = await world.a_case(*steps)
    hours = {"warn_at": 8, "timer_at": 8, "promised_at": 10, "twice_at": 20, "accept_by": 1, "on_site_by": 2}
    times = ", ".join(f"{name} = CAST(:now AS timestamptz) + interval '{many} h'" for name, many in hours.items())
    await world.run(
        "UPDATE dispatch_case SET clock_unit = 'hours', clock_budget = interval '10 h',"
        f" begun_at = CAST(:now AS timestamptz), {times} WHERE complaint_id = :id",
        now=NOW,
        id=event.subject,
    )
    return event, Talk(event)


async def promised(world: World, event: Event) -> timedelta:
    moment: datetime = (await world.row(event))["promised_at"]
    return moment - NOW


def _told(published: list[dict[str, Any]]) -> list[str]:
    return [row["type"].removeprefix("complaint.") for row in published]


async def test_what_is_added_is_shown_once_with_the_case(world: World) -> None:
    event, talk = await timed(world)
    before = await world.row(event)
    added = talk.added()
    await world.deliver(added)
    await world.deliver(added)
    case = await shown(world, event)
    [supplement] = case["supplements"]
    assert (supplement["by"], supplement["text"], supplement["location"]["lon"]) == ("reporter", "在 3 号楼旁", 107.24)
    assert case["version"] == before["version"] + 1
    assert _told(await world.published(event)) == ["assigned"]


@pytest.mark.parametrize("end", ["answered", "lapsed"])
async def test_the_clock_waits_and_goes_on_by_so_much_later(world: World, end: str) -> None:
    event, talk = await timed(world, "accept")
    await world.deliver(talk.asked(NOW + HOUR))
    waiting = await shown(world, event)
    assert waiting["waiting_since"] is not None
    assert await promised(world, event) == 10 * HOUR
    await world.deliver(getattr(talk, end)(NOW + 4 * HOUR))
    assert await promised(world, event) == 13 * HOUR
    row = await world.row(event)
    assert (row["waiting_since"], row["warn_at"], row["timer_at"]) == (None, NOW + 11 * HOUR, NOW + 11 * HOUR)
    assert row["accept_by"] == NOW + HOUR
    told = (await world.published(event))[-1]
    assert (told["type"], told["sequence"]) == (EventType.RESCHEDULED, row["sequence"])
    assert datetime.fromisoformat(told["payload"]["promised_at"]) == NOW + 13 * HOUR
    [question] = (await shown(world, event))["questions"]
    assert (question["outcome"], question["answer"]) == (end, "3 号楼" if end == "answered" else None)


async def test_all_of_it_may_come_in_one_slice_after_an_outage(world: World) -> None:
    event, talk = await timed(world)
    slice_ = [
        talk.asked(NOW + HOUR),
        talk.answered(NOW + 2 * HOUR),
        talk.asked(NOW + 3 * HOUR),
        talk.lapsed(NOW + 5 * HOUR),
    ]
    await world.deliver(*slice_)
    await world.deliver(*slice_)
    assert await promised(world, event) == 13 * HOUR
    row = await world.row(event)
    assert row["waits"] == 2
    assert _told(await world.published(event)) == ["assigned", "rescheduled", "rescheduled"]
    sequences = [each["sequence"] for each in await world.published(event)]
    assert sequences == [1, 2, 3]


async def test_no_timer_fires_while_the_clock_waits(world: World) -> None:
    event, talk = await timed(world)
    await world.deliver(talk.asked(NOW))
    await world.run(
        "UPDATE dispatch_case SET timer_at = now() - interval '1 h', warn_at = now() - interval '1 h',"
        " waiting_since = now() - interval '2 h', begun_at = now() - interval '3 h' WHERE complaint_id = :id",
        id=event.subject,
    )
    assert await fire_due(world.engine, world.clockworks) == 0
    case = await shown(world, event)
    assert case["light"] == "green"
    listed = await world.send("GET", "/dispatch/v1/cases?light=green&limit=200", role="dispatcher")
    assert str(event.subject) in listed.text
    await world.deliver(talk.answered(datetime.now(UTC)))
    assert await fire_due(world.engine, world.clockworks) == 0
    assert (await world.row(event))["timer_at"] > datetime.now(UTC)


async def test_a_result_stops_the_clock_where_it_stood(world: World) -> None:
    event, talk = await timed(world, "accept", "start")
    await world.deliver(talk.asked(NOW + HOUR))
    await world.run(
        "UPDATE dispatch_case SET promised_at = now() - interval '1 h', warn_at = now() - interval '2 h',"
        " waiting_since = now() - interval '3 h' WHERE complaint_id = :id",
        id=event.subject,
    )
    assert (await world.act(event, "resolve", role="officer")).status_code == 200
    assert (await shown(world, event))["light"] == "green"
    await world.deliver(talk.answered(NOW + 3 * HOUR))
    case = await shown(world, event)
    assert (case["light"], case["questions"][0]["answer"]) == ("green", "3 号楼")
    assert "rescheduled" not in _told(await world.published(event))
    await world.deliver(later(event, EventType.REWORK_ORDERED))
    assert (await shown(world, event))["waiting_since"] is None
    assert (await world.row(event))["waits"] == 0


async def test_a_case_that_is_laid_aside_waits_no_longer(world: World) -> None:
    event, talk = await timed(world, "accept")
    await world.deliver(talk.asked(NOW + HOUR))
    asked = await world.act(event, "suspension", {"reason": "等配件"}, role="officer")
    [request] = asked.json()["requests"]
    approval = {"approved": True}
    done = await world.act(event, f"suspension/{request['id']}/approval", approval, role="dispatcher")
    assert done.status_code == 200, done.text
    row = await world.row(event)
    assert (row["waiting_since"], row["suspended_at"]) == (None, NOW + HOUR)
    await world.deliver(talk.answered(NOW + 5 * HOUR))
    assert await promised(world, event) == 10 * HOUR


async def test_an_erasure_takes_what_was_said(world: World) -> None:
    event, talk = await timed(world)
    await world.deliver(talk.added(CANARY), talk.asked(NOW, CANARY))
    tables = ("case_supplement", "case_question", "dispatch_case")
    assert CANARY in str(await world.snapshot(*tables))
    await world.deliver(talk.answered(NOW + HOUR, CANARY), later(event, EventType.ERASED))
    assert CANARY not in str(await world.snapshot(*tables))
    case = await shown(world, event)
    assert (case["supplements"][0]["text"], case["questions"][0]["answer"]) == ("", "")

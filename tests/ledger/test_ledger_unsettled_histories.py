"""For any legal histories, what is listed as unsettled is what a slow look at each of them finds."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.lifecycle import RELEASE_ENDINGS, TRANSITIONS, EventType
from contracts.roles import Role
from histories import TENANT
from ledger.conftest import As, Enter
from ledger.eventful import Eventful
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.unsettled import Graces, Reason, reason_of
from runtime.clock import now

_COMPLAINTS = 60
_STEPS = 14


def _step(history: Eventful, event_type: EventType, draw: random.Random, moment: datetime) -> Any:
    """Append an event of that type, with a promised time before or after the present, or none."""
    promised = moment + draw.choice([-1, 1]) * timedelta(hours=draw.randint(1, 99))
    number = 2 + sum(event.type in (EventType.REWORK_ORDERED, EventType.REOPENED) for event in history.events)
    steps: dict[EventType, Callable[[], Any]] = {
        EventType.RECEIVED: history.received,
        EventType.ASSIGNED: lambda: history.promised(promised) if draw.random() < 0.7 else history.assigned(),
        EventType.ACCEPTED: history.accepted,
        EventType.STARTED: history.started,
        EventType.RETURNED: history.returned,
        EventType.TRANSFERRED: history.transferred,
        EventType.EXTENDED: lambda: history.extended(promised),
        EventType.SUSPENDED: history.suspended,
        EventType.RESUMED: lambda: history.resumed(promised),
        EventType.RESOLVED: history.resolved,
        EventType.VERIFIED: history.verified,
        EventType.REWORK_ORDERED: lambda: history.rework_ordered(number),
        EventType.CLOSED: history.closed,
        EventType.REOPENED: lambda: history.reopened(number),
        EventType.VOIDED: history.voided,
        EventType.FORCE_CLOSED: history.force_closed,
        EventType.WITHDRAWN: history.withdrawn,
        EventType.REJECTED: history.rejected,
        EventType.MERGED: history.merged,
        EventType.UNMERGED: history.unmerged,
        EventType.QUESTION_ASKED: history.asked,
        EventType.QUESTION_ANSWERED: history.answered,
        EventType.QUESTION_LAPSED: history.lapsed,
    }
    return steps[event_type]()


_ENDING = {EventType.VOIDED, EventType.FORCE_CLOSED, *RELEASE_ENDINGS.values()}
_USED = set(EventType) & {
    EventType.RECEIVED, EventType.ASSIGNED, EventType.ACCEPTED, EventType.STARTED, EventType.RETURNED,
    EventType.TRANSFERRED, EventType.EXTENDED, EventType.SUSPENDED, EventType.RESUMED, EventType.RESOLVED,
    EventType.VERIFIED, EventType.REWORK_ORDERED, EventType.CLOSED, EventType.REOPENED, EventType.UNMERGED,
    *_ENDING, EventType.QUESTION_ASKED, EventType.QUESTION_ANSWERED, EventType.QUESTION_LAPSED,
}  # fmt: skip


def _walk(draw: random.Random, moment: datetime) -> tuple[Eventful, Complaint]:
    history = Eventful()
    complaint = Complaint.unknown(history.id, TENANT)
    for _ in range(draw.randint(1, _STEPS)):
        legal = [each for each in EventType if each in _USED and complaint.status in TRANSITIONS[each].sources]
        if not legal:
            break
        weights = [0.05 if each in _ENDING else 1.0 for each in legal]
        event = _step(history, draw.choices(legal, weights)[0], draw, moment)
        event = history.at(moment - timedelta(hours=draw.randint(0, 200)))
        complaint.enter(event)
    return history, complaint


def _expected(
    complaint: Complaint, entered_at: datetime, graces: Graces, moment: datetime
) -> tuple[str, datetime] | None:
    """Look at one complaint, in the plainest words."""
    assert complaint.status is not None
    reason = reason_of(complaint.status, complaint.promised_at, complaint.waiting_since)
    if reason is None:
        return None
    since = complaint.promised_at if reason is Reason.OVERDUE else entered_at
    assert since is not None
    return (reason.value, since) if since <= moment - getattr(graces, reason) else None


@pytest.mark.parametrize("seed", range(4))
async def test_the_list_is_what_a_slow_look_finds(
    client: httpx.AsyncClient, as_: As, enter: Enter, engine: AsyncEngine, seed: int
) -> None:
    draw, moment, graces = random.Random(seed), now(), Graces()
    async with engine.begin() as connection:
        await connection.execute(text("TRUNCATE ledger_complaint"))
    walks = [_walk(draw, moment) for _ in range(_COMPLAINTS)]
    await enter(*(history for history, _ in walks))
    wanted = set()
    async with engine.begin() as connection:
        for _, complaint in walks:
            entered_at = moment - timedelta(seconds=draw.choice([0, 200, 400, 4_000]))
            statement = text("UPDATE ledger_complaint SET lacking_since = :at WHERE complaint_id = :id")
            await connection.execute(statement, {"at": entered_at, "id": complaint.id})
            found = _expected(complaint, entered_at, graces, moment)
            if found is not None:
                wanted.add((str(complaint.id), *found))
    answer = await client.get("unsettled", headers=as_(Role.SUPERVISOR), params={"limit": 200})
    lines = answer.json()["items"]
    listed = [(line["complaint_id"], line["reason"], datetime.fromisoformat(line["since"])) for line in lines]
    assert set(listed) == wanted
    assert len(wanted) > 10
    assert [since for *_, since in listed] == sorted(since for *_, since in listed)
    assert {line["en"] for line in lines} >= {"the promised time is over"}

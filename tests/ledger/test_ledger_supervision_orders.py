"""Supervision orders in the ledger: each step is an entry, and one that waits too long for its answer is unsettled."""

from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import httpx
import pytest

from contracts.events import ComplaintEscalated, SupervisionOrder
from contracts.lifecycle import EventType
from contracts.roles import Role
from ledger.conftest import As, Enter
from ledger.eventful import Eventful
from ledger.test_ledger_unsettled import empty, listed
from runtime.clock import now
from runtime.ids import uuid7

__all__ = ["empty", "listed"]
AHEAD = timedelta(days=1)
SECOND = timedelta(seconds=1)


class Supervised(Eventful):
    """A complaint whose promised time is far away, so that nothing but orders can be unsettled."""

    def __init__(self) -> None:
        super().__init__()
        self.received()
        self.promised(now() + AHEAD)
        self.accepted()

    def given(self, deadline: datetime) -> UUID:
        """Let a supervisor give an order, and return its id."""
        order = cast(ComplaintEscalated, self.ordered(deadline=deadline).data).order
        assert order is not None
        return order.id


def found(lines: list[dict[str, Any]]) -> list[tuple[str, str, datetime]]:
    return [(each["complaint_id"], each["reason"], datetime.fromisoformat(each["since"])) for each in lines]


async def test_an_order_that_nobody_answers_in_time_is_unsettled_until_somebody_does(
    enter: Enter, listed: Any, client: httpx.AsyncClient, as_: As
) -> None:
    over = now() - timedelta(minutes=5)
    late, twice, running, replied, withdrawn, done = [Supervised() for _ in range(6)]
    orders = [
        late.given(over),
        twice.given(over - SECOND),
        twice.given(over + SECOND),
        running.given(now() + AHEAD),
    ]
    replied.order_replied(order=replied.given(over))
    withdrawn.order_withdrawn(withdrawn.given(over))
    done.given(over)
    done.withdrawn()
    late.order_missed(order=orders[0], deadline=over)
    await enter(late, twice, running, replied, withdrawn, done)

    expected = [(str(twice.id), "order_overdue", over - SECOND), (str(late.id), "order_overdue", over)]
    assert found(await listed()) == found(await listed(reason="order_overdue")) == expected
    assert await listed(reason=["overdue", "stuck"]) == await listed(team="team-02") == []
    summary = (await client.get("unsettled/summary", headers=as_(Role.SUPERVISOR))).json()
    (line,) = [each for each in summary["reasons"] if each["complaints"]]
    assert (line["reason"], line["zh"], line["complaints"]) == ("order_overdue", "督办逾期未回复", 2)
    assert datetime.fromisoformat(line["since"]) == over - SECOND

    late.events, twice.events = [], []
    late.order_replied(order=orders[0], late=True)
    twice.order_withdrawn(orders[1])
    for history, number in ((late, 5), (twice, 5)):
        history.events = [event._replace(sequence=number) for event in history.events]
    await enter(late, twice)
    assert found(await listed()) == [(str(twice.id), "order_overdue", over + SECOND)]


async def test_pages_of_unanswered_orders_follow_one_another(enter: Enter, client: httpx.AsyncClient, as_: As) -> None:
    histories = [Supervised() for _ in range(3)]
    for count, history in enumerate(histories):
        history.given(now() - timedelta(minutes=9 - count))
    await enter(*histories)
    path, ids = "unsettled?limit=1", list[str]()
    while path:
        answer = await client.get(path, headers=as_(Role.SUPERVISOR))
        ids += [each["complaint_id"] for each in answer.json()["items"]]
        path = answer.links.get("next", {}).get("url", "").removeprefix("/ledger/v1/")
    assert ids == [str(each.id) for each in histories]


@pytest.mark.parametrize(("role", "subject", "seen"), [(Role.SUPERVISOR, None, 2), (Role.CITIZEN, "citizen-1", 0)])
async def test_order_answer_and_missed_deadline_are_entries_for_staff_alone(
    enter: Enter, client: httpx.AsyncClient, as_: As, role: Role, subject: str | None, seen: int
) -> None:
    history, over = Supervised(), now() - SECOND
    order = history.given(over)
    history.order_missed(order=order, deadline=over)
    history.order_replied(order=order, late=True)
    await enter(history)
    headers = as_(role) if subject is None else as_(role, subject=subject)
    story = (await client.get(f"complaints/{history.id}", headers=headers)).json()
    kinds = [each["type"] for each in story["timeline"]]
    assert kinds[3] == "complaint.escalated"
    assert kinds[4:] == ["complaint.order_missed", "complaint.order_replied"][:seen]
    if seen:
        assert story["timeline"][4]["label"] == {"zh": "督办逾期未回复", "en": "Supervision order not answered in time"}
        assert (story["timeline"][5]["data"]["late"], story["timeline"][5]["data"]["order_id"]) == (True, str(order))


async def test_an_order_by_rule_is_waited_for_as_any_other_and_says_so(
    enter: Enter, listed: Any, client: httpx.AsyncClient, as_: As
) -> None:
    history, over = Supervised(), now() - timedelta(minutes=5)
    order = SupervisionOrder(id=uuid7(), deadline=over, text="自动督办")
    data = ComplaintEscalated(level=100, limit="resolve", stage="on_site", team="team-01", order=order, actor="rule")
    history.event(EventType.ESCALATED, data)
    await enter(history)

    assert found(await listed(reason="order_overdue")) == [(str(history.id), "order_overdue", over)]
    story = (await client.get(f"complaints/{history.id}", headers=as_(Role.SUPERVISOR))).json()
    entry = story["timeline"][-1]
    assert (entry["actor"], entry["data"]["level"], entry["data"]["order"]["id"]) == ("rule", 100, str(order.id))
    mine = (await client.get(f"complaints/{history.id}", headers=as_(Role.CITIZEN, subject="citizen-1"))).json()
    assert mine["timeline"][-1]["data"] == {"level": 100, "limit": "resolve", "stage": "on_site"}

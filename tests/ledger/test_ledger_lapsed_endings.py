"""Requests for endings that nobody has decided on, after another end of their complaints."""

import pytest

from contracts.closing_events import EndingRequested
from contracts.lifecycle import EventType
from contracts.roles import Role
from histories import History
from ledger.ending_desk import REASON, Desk
from refusals import code_of

ASKED = EndingRequested(actor="operator-1", ending="voided", **REASON)


async def waiting(desk: Desk, history: History) -> bool:
    """Tell whether a request about the complaint waits for a decision."""
    page = await desk.client.get("/ending-requests", params={"limit": 200}, headers=desk.as_(Role.SUPERVISOR))
    return str(history.id) in {item["complaint"]["id"] for item in page.json()["items"]}


@pytest.mark.parametrize("ending", ["withdrawn", "rejected", "merged"])
async def test_a_request_lapses_with_what_intake_ends(desk: Desk, ending: str) -> None:
    history = History()
    history.received()
    await desk.enter(history)
    request = (await desk.ask(history)).json()["id"]
    assert await waiting(desk, history)
    await desk.answered(getattr(history, ending)())
    assert (await desk.states(history), await waiting(desk, history)) == (["lapsed"], False)
    for decision in ({"approved": True}, {"approved": False, "reason": "已结束"}):
        late = await desk.decide(history, request, **decision)
        assert (code_of(late), late.json()["present"]["status"]) == ((409, "illegal-transition"), ending)
    assert await desk.states(history) == ["lapsed"]


async def test_a_request_lapses_with_the_closing(desk: Desk) -> None:
    history = History().until_resolved()
    await desk.enter(history)
    await desk.ask(history, "forced-closing")
    path = f"/complaints/{history.id}/verification"
    closed = await desk.client.post(path, json={"method": "on_site"}, headers=desk.as_(Role.INSPECTOR))
    assert closed.json()["status"] == "closed"
    assert (await desk.states(history), await waiting(desk, history)) == (["lapsed"], False)


async def test_unmerging_brings_no_request_back_and_another_may_be_made(desk: Desk) -> None:
    history = History()
    history.received()
    await desk.enter(history)
    await desk.ask(history)
    await desk.answered(history.merged())
    await desk.answered(history.unmerged())
    assert (await desk.states(history), await waiting(desk, history)) == (["lapsed"], False)
    assert (await desk.ask(history)).status_code == 201
    assert (await desk.states(history), await waiting(desk, history)) == (["lapsed", "pending"], True)


async def test_a_ledger_that_hears_requests_behind_what_made_them_lapse_keeps_the_last(desk: Desk) -> None:
    """The ledger was slow to tell of them, and is restored from what the topic says."""
    history = History()
    for step in (history.received, history.merged, history.unmerged):
        step()
    for _ in range(2):
        history.event(EventType.ENDING_REQUESTED, ASKED)
    await desk.enter(history)
    assert await desk.states(history) == ["lapsed", "pending"]

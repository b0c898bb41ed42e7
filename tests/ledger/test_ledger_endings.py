"""Voiding and forced closing over REST: who asks, who decides, what ends at once and what dispatch is asked for."""

import asyncio

import pytest

from contracts.closing_events import EndingDecided, EndingRequested
from contracts.lifecycle import EventType, Status
from contracts.roles import Role
from histories import OWNER, History
from ledger.ending_desk import REASON, Desk

VERIFICATION = {"method": "on_site", "note": "现场已清理"}


async def test_a_handled_complaint_is_voided_at_once_with_a_supervisors_approval(desk: Desk) -> None:
    history = History().until_resolved()
    await desk.enter(history)
    asked = await desk.ask(history)
    assert asked.status_code == 201
    assert asked.headers["ETag"] == '"6"'
    request = asked.json()
    assert (request["state"], request["ending"], request["asked_by"]) == ("pending", "voided", "operator-1")
    assert request["complaint"] == {
        "id": str(history.id),
        "number": request["complaint"]["number"],
        "status": "resolved",
        "version": 6,
        "category": "street_order.vendors",
        "community": "fulai",
        "grid": "grid-01",
        "team": {"code": "team-01", "name": "team-01 网格队"},
    }
    decided = await desk.decide(history, request["id"], reason="情况属实")
    assert (decided.status_code, decided.json()["status"]) == (200, "voided")
    rows = await desk.published(history)
    assert [(row["type"], row["sequence"], row["causationid"]) for row in rows] == [
        ("complaint.ending_requested", 1, None),
        ("complaint.ending_decided", 2, None),
        ("complaint.voided", 3, rows[1]["id"]),
    ]
    decision = rows[1]["data"]
    assert (decision["approved"], decision["status"], decision["reason"]) == (True, "resolved", "情况属实")
    assert rows[2]["data"] == {"actor": "supervisor-1", "decision": str(rows[1]["id"])} | REASON
    assert await desk.states(history) == ["done"]


async def test_the_reporter_is_told_why_and_nothing_of_who(desk: Desk) -> None:
    history = History().until_resolved()
    await desk.enter(history)
    await desk.approved(history)
    owner = desk.as_(Role.CITIZEN, OWNER)
    story = (await desk.client.get(f"/complaints/{history.id}", headers=owner)).json()
    assert story["status_label"] == {"zh": "已作废", "en": "Voided"}
    assert [(line["label"]["zh"], line["actor"], line["data"]) for line in story["timeline"][-3:]] == [
        ("申请作废或强制结案", None, {}),
        ("作废或强制结案审批", None, {}),
        ("作废", None, REASON),
    ]
    late = await desk.client.post(f"/complaints/{history.id}/reopening", json=REASON, headers=owner)
    assert (late.status_code, late.json()["present"]["status"]) == (409, "voided")


@pytest.mark.parametrize("ending", ["voiding", "forced-closing"])
async def test_before_the_result_dispatch_lets_go_first(desk: Desk, ending: str) -> None:
    history = History()
    history.received()
    history.assigned()
    await desk.enter(history)
    decision = await desk.approved(history, ending)
    assert (await desk.story(history))["status"] == "assigned"
    assert await desk.states(history) == ["approved"]
    second = await desk.ask(history)
    assert (second.status_code, second.json()["type"]) == (409, "urn:jieban:problem:ending-pending")
    word = "voided" if ending == "voiding" else "closed"
    released = history.released(decision, Status.ASSIGNED, ending=word)
    await desk.answered(released)
    story = await desk.story(history)
    assert story["status"] == word
    last = story["timeline"][-1]
    assert (last["type"], last["at"]) == (
        "complaint.voided" if word == "voided" else "complaint.force_closed",
        released.time.isoformat().replace("+00:00", "Z"),
    )
    assert last["data"] == {"actor": "supervisor-1", "decision": str(decision)} | REASON | (
        {} if word == "voided" else {"gates": []}
    )
    assert (story["closed_at"] is None) is (word == "voided")
    assert await desk.states(history) == ["done"]
    [ended] = [row for row in await desk.published(history) if row["type"] == last["type"]]
    assert (str(ended["causationid"]), ended["sequence"]) == (str(released.id), 3)


async def test_a_refusal_ends_what_is_handled_by_then(desk: Desk) -> None:
    history = History()
    for step in (history.received, history.assigned, history.accepted, history.started):
        step()
    await desk.enter(history)
    decision = await desk.approved(history, "forced-closing")
    await desk.answered(history.resolved())
    verify = f"/complaints/{history.id}/verification"
    kept = await desk.client.post(verify, json=VERIFICATION, headers=desk.as_(Role.INSPECTOR))
    assert (kept.status_code, kept.json()["type"]) == (409, "urn:jieban:problem:ending-underway")
    assert kept.json()["present"]["status"] == "resolved"
    await desk.answered(history.release_refused(decision, Status.RESOLVED))
    story = await desk.story(history)
    assert (story["status"], story["timeline"][-1]["type"]) == ("closed", "complaint.force_closed")
    assert await desk.states(history) == ["done"]


async def test_a_withdrawal_that_was_first_lets_the_request_lapse(desk: Desk) -> None:
    history = History()
    history.received()
    history.assigned()
    await desk.enter(history)
    decision = await desk.approved(history)
    withdrawal = history.release_requested()
    for event in (withdrawal, history.released(withdrawal.id), history.release_refused(decision, Status.WITHDRAWN)):
        await desk.answered(event)
    assert await desk.states(history) == ["lapsed"]
    assert (await desk.story(history))["timeline"][-1]["type"] == "complaint.release_refused"
    await desk.answered(history.withdrawn())
    story = await desk.story(history)
    assert (story["status"], story["timeline"][-1]["type"]) == ("withdrawn", "complaint.withdrawn")
    late = await desk.ask(history)
    assert (late.status_code, late.json()["type"]) == (409, "urn:jieban:problem:illegal-transition")


async def test_a_refused_withdrawal_says_nothing_of_a_request_for_an_ending(desk: Desk) -> None:
    history = History().until_resolved()
    await desk.enter(history)
    await desk.ask(history)
    withdrawal = history.release_requested()
    for event in (withdrawal, history.release_refused(withdrawal.id, Status.RESOLVED)):
        await desk.answered(event)
    assert await desk.states(history) == ["pending"]
    assert (await desk.story(history))["status"] == "resolved"


async def test_a_request_lapses_where_the_complaint_is_closed_before_and_has_another_round(desk: Desk) -> None:
    history = History().until_resolved()
    await desk.enter(history)
    asked = await desk.ask(history, "forced-closing", Role.INSPECTOR)
    verified = await desk.client.post(
        f"/complaints/{history.id}/verification", json=VERIFICATION, headers=desk.as_(Role.INSPECTOR)
    )
    assert verified.json()["status"] == "closed"
    late = await desk.decide(history, asked.json()["id"])
    assert (late.status_code, late.json()["present"]["status"]) == (409, "closed")
    reopening = await desk.client.post(
        f"/complaints/{history.id}/reopening", json=REASON, headers=desk.as_(Role.SUPERVISOR)
    )
    assert reopening.json()["status"] == "assigned"
    assert await desk.states(history) == ["lapsed"]


async def test_whoever_asked_does_not_decide_and_a_refusal_says_why(desk: Desk) -> None:
    history = History().until_resolved()
    await desk.enter(history)
    request = (await desk.ask(history, role=Role.SUPERVISOR)).json()["id"]
    own = await desk.decide(history, request)
    assert (own.status_code, own.json()["type"]) == (403, "urn:jieban:problem:decider-asked")
    path = f"/complaints/{history.id}/endings/{request}/decision"
    other = desk.as_(Role.SUPERVISOR, "supervisor-2")
    silent = await desk.client.post(path, json={"approved": False}, headers=other)
    assert (silent.status_code, silent.json()["errors"][0]["pointer"]) == (422, "/reason")
    refused = await desk.client.post(path, json={"approved": False, "reason": "确有其事"}, headers=other)
    assert (refused.status_code, refused.json()["status"]) == (200, "resolved")
    again = await desk.client.post(path, json={"approved": True}, headers=other)
    assert (again.status_code, again.json()["type"]) == (409, "urn:jieban:problem:ending-not-pending")
    assert await desk.states(history) == ["refused"]
    assert (await desk.ask(history)).status_code == 201


async def test_of_two_who_ask_and_two_who_decide_one_wins(desk: Desk) -> None:
    history = History().until_resolved()
    await desk.enter(history)
    asked = await asyncio.gather(desk.ask(history), desk.ask(history, "forced-closing"))
    assert sorted(answer.status_code for answer in asked) == [201, 409]
    request = next(answer.json()["id"] for answer in asked if answer.status_code == 201)
    decided = await asyncio.gather(desk.decide(history, request), desk.decide(history, request))
    assert sorted(answer.status_code for answer in decided) == [200, 409]
    assert len(await desk.published(history)) == 3


async def test_a_repeated_request_gets_the_first_answer_and_a_stale_one_is_refused(desk: Desk) -> None:
    history = History().until_resolved()
    await desk.enter(history)
    path = f"/complaints/{history.id}/voiding"
    headers = desk.as_(Role.DISPATCHER) | {"Idempotency-Key": f"void-{history.id}"}
    stale = await desk.client.post(path, json=REASON, headers=headers | {"If-Match": '"3"'})
    assert stale.status_code == 412
    first = await desk.client.post(path, json=REASON, headers=headers)
    second = await desk.client.post(path, json=REASON, headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()


async def test_the_queue_is_the_tenants_and_walks_page_by_page(desk: Desk) -> None:
    histories = [History().until_resolved() for _ in range(3)]
    await desk.enter(*histories)
    for history in histories:
        await desk.ask(history)
    there = []
    url: str | None = "/ending-requests?limit=1"
    while url is not None:
        page = await desk.client.get(url, headers=desk.as_(Role.SUPERVISOR))
        there += [item["complaint"]["id"] for item in page.json()["items"]]
        link = page.links.get("next")
        url = None if link is None else str(page.url.join(link["url"]))
    assert [each for each in there if each in {str(history.id) for history in histories}] == [
        str(history.id) for history in histories
    ]
    stranger = await desk.client.get("/ending-requests", headers=desk.as_(Role.SUPERVISOR, tenant="520100"))
    assert stranger.json() == {"items": []}
    assert (await desk.client.get("/ending-requests", headers=desk.as_(Role.CITIZEN))).status_code == 403
    assert (await desk.ask(histories[0], role=Role.OFFICER)).status_code == 403


async def test_a_ledger_that_lost_its_own_events_comes_to_the_same(desk: Desk) -> None:
    """What was asked and decided comes back from the topic; the ending is made again, with the same id."""
    history = History()
    history.received()
    history.assigned()
    asked = history.event(EventType.ENDING_REQUESTED, EndingRequested(actor="operator-1", ending="voided", **REASON))
    decided = history.event(
        EventType.ENDING_DECIDED,
        EndingDecided(actor="supervisor-1", request=asked.id, ending="voided", approved=True, status=Status.ASSIGNED),
    )
    history.released(decided.id, Status.ASSIGNED, ending="voided")
    await desk.enter(history)
    story = await desk.story(history)
    assert story["status"] == "voided"
    assert await desk.states(history) == ["done"]
    made = [row for row in await desk.published(history) if row["type"] == "complaint.voided"]
    assert [str(row["id"]) for row in made] == [story["timeline"][-1]["event_id"]]

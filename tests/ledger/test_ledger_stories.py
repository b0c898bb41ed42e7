"""Who reads what of a complaint's story."""

from datetime import timedelta

import httpx
import pytest

from contracts.roles import STAFF, Role
from histories import BEGIN, OFFICER, OWNER, History
from ledger.conftest import As, Enter
from runtime.ids import uuid7


async def test_staff_read_the_whole_story(client: httpx.AsyncClient, enter: Enter, as_: As) -> None:
    history = History().until_resolved()
    await enter(history)
    answer = await client.get(f"/complaints/{history.id}", headers=as_(Role.OPERATOR))
    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"5"'
    story = answer.json()
    assert (story["id"], story["status"], story["version"]) == (str(history.id), "resolved", 5)
    assert story["status_label"] == {"zh": "已处置，待核查", "en": "Handled, to be verified"}
    assert story["team"] == {"code": "team-01", "name": "team-01 网格队"}
    assert story["location"] == {"lon": 107.2357, "lat": 26.5807, "crs": "WGS84", "address": "福来社区"}
    assert story["worker"] == OFFICER
    timeline = story["timeline"]
    assert [line["type"].removeprefix("complaint.") for line in timeline] == [
        "received",
        "assigned",
        "accepted",
        "started",
        "resolved",
    ]
    assert [(line["from"], line["to"]) for line in timeline][-1] == ("in_progress", "resolved")
    assert [line["unit"] for line in timeline] == [None, *["team-01 网格队"] * 4]
    assert timeline[3]["actor"] == OFFICER
    assert timeline[3]["data"]["position"] == {"lon": 107.2358, "lat": 26.5808}
    assert timeline[1]["label"] == {"zh": "派遣", "en": "Assigned"}
    assert [line["event_id"] for line in timeline] == [str(event.id) for event in history.events]


async def test_the_reporter_reads_the_unit_and_the_outcome_but_nobodys_identity(
    client: httpx.AsyncClient, enter: Enter, as_: As
) -> None:
    history = History().until_resolved()
    await enter(history)
    answer = await client.get(f"/complaints/{history.id}", headers=as_(Role.CITIZEN, OWNER))
    story = answer.json()
    assert story["worker"] is None
    assert {line["actor"] for line in story["timeline"]} == {None}
    assert story["timeline"][4]["unit"] == "team-01 网格队"
    assert story["timeline"][4]["data"] == {"handling_mode": "guidance", "result": "已劝离"}
    assert story["timeline"][2]["data"] == {}
    assert OFFICER not in answer.text
    assert "内部备注" not in answer.text


@pytest.mark.parametrize("role", sorted(STAFF))
async def test_staff_are_not_told_from_which_account_it_came(
    client: httpx.AsyncClient, enter: Enter, as_: As, role: Role
) -> None:
    account = f"citizen-{uuid7()}"
    history = History(owner=account)
    history.received()
    await enter(history)
    for path in (f"/complaints/{history.id}", "/entries?type=complaint.received"):
        answer = await client.get(path, headers=as_(role))
        assert str(history.id) in answer.text
        assert account not in answer.text


async def test_a_suspension_is_told_with_the_promised_time_but_not_who_asked_and_why(
    client: httpx.AsyncClient, enter: Enter, as_: As
) -> None:
    history = History()
    for step in (history.received, history.assigned, history.accepted, history.suspended):
        step()
    history.resumed(BEGIN + timedelta(days=9))
    await enter(history)
    staff = (await client.get(f"/complaints/{history.id}", headers=as_(Role.OPERATOR))).json()["timeline"]
    reporter = await client.get(f"/complaints/{history.id}", headers=as_(Role.CITIZEN, OWNER))
    assert [(line["from"], line["to"]) for line in staff[3:]] == [
        ("accepted", "suspended"),
        ("suspended", "in_progress"),
    ]
    assert staff[3]["data"]["asked_by"] == OFFICER
    assert [line["data"] for line in reporter.json()["timeline"][3:]] == [{}, {"promised_at": "2026-03-10T08:00:00Z"}]
    assert OFFICER not in reporter.text
    assert "等配件" not in reporter.text


async def test_a_partner_reads_what_it_reported(client: httpx.AsyncClient, enter: Enter, as_: As) -> None:
    history = History(owner="partner-1")
    history.received(external_ref="P-1")
    await enter(history)
    own = await client.get(f"/complaints/{history.id}", headers=as_(Role.PARTNER, "partner-1"))
    other = await client.get(f"/complaints/{history.id}", headers=as_(Role.PARTNER, "partner-2"))
    assert own.json()["external_ref"] == "P-1"
    assert other.status_code == 404


async def test_unknown_foreign_and_other_peoples_complaints_are_the_same_404(
    client: httpx.AsyncClient, enter: Enter, as_: As
) -> None:
    history, nobodys = History(), History(owner=None)
    history.received()
    nobodys.received()
    await enter(history, nobodys)
    answers = [
        await client.get(f"/complaints/{uuid7()}", headers=as_(Role.CITIZEN, OWNER)),
        await client.get(f"/complaints/{history.id}", headers=as_(Role.CITIZEN, "citizen-2")),
        await client.get(f"/complaints/{nobodys.id}", headers=as_(Role.CITIZEN, OWNER)),
        await client.get(f"/complaints/{history.id}", headers=as_(Role.SUPERVISOR, tenant="110101")),
        await client.get(f"/complaints/{history.id}", headers=as_(Role.CITIZEN, OWNER, tenant="110101")),
    ]
    assert {answer.status_code for answer in answers} == {404}
    bodies = [{key: value for key, value in answer.json().items() if key != "request_id"} for answer in answers]
    assert all(body == bodies[0] for body in bodies)
    assert bodies[0]["type"] == "urn:jieban:problem:complaint-not-found"


@pytest.mark.parametrize("role", sorted(STAFF))
async def test_every_staff_role_reads_stories(client: httpx.AsyncClient, enter: Enter, as_: As, role: Role) -> None:
    history = History()
    history.received()
    await enter(history)
    assert (await client.get(f"/complaints/{history.id}", headers=as_(role))).status_code == 200


async def test_a_value_that_json_cannot_say_does_not_break_the_story(
    client: httpx.AsyncClient, enter: Enter, as_: As
) -> None:
    history = History()
    history.received()
    await enter.raw(history.events[0], lambda value: value.replace(b"{", b'{"x":NaN,"y":1e999,"z":1.5,', 1))
    answer = await client.get(f"/complaints/{history.id}", headers=as_(Role.OPERATOR))
    data = answer.json()["timeline"][0]["data"]
    assert (data["x"], data["y"], data["z"]) == (None, None, 1.5)

"""Merging 并案 and unmerging, as intake sees it; what dispatch says is said by the tests."""

import asyncio
import io
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from PIL import Image
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.envelope import Event
from contracts.lifecycle import EventType, Status
from contracts.roles import Role
from eventbus.errors import OutOfOrder
from histories import History
from intake.conftest import As
from intake.reports import REPORT
from intake_service.events.lifecycle import follow
from intake_service.persistence.tables import complaint
from ledger.eventful import Eventful
from refusals import code_of

REASON = {"reason": "同一件事"}


class Desk:
    """An operator's desk, and dispatch's words."""

    def __init__(self, client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> None:
        self.client = client
        self.engine = engine
        self.as_ = as_

    async def reported(self, subject: str = "citizen-1") -> Eventful:
        answer = await self.client.post("/complaints", json=REPORT, headers=self.as_(Role.CITIZEN, subject))
        history = Eventful()
        history.id = UUID(answer.json()["id"])
        self.receipt = answer.json()
        return history

    async def apply(self, *events: Event) -> list[Event]:
        async with self.engine.begin() as connection:
            return list(await follow(connection, events))

    async def row(self, history: History) -> Any:
        async with self.engine.connect() as connection:
            return (await connection.execute(sa.select(complaint).where(complaint.c.id == history.id))).one()

    async def merge(self, history: History, into: History, **headers: str) -> httpx.Response:
        return await self.client.post(
            f"/complaints/{history.id}/merge",
            json={"into": str(into.id), **REASON},
            headers=self.as_(Role.OPERATOR, **headers),
        )

    async def unmerge(self, history: History, **headers: str) -> httpx.Response:
        return await self.client.post(
            f"/complaints/{history.id}/unmerge", json=REASON, headers=self.as_(Role.OPERATOR, **headers)
        )

    async def merged(self, history: History, into: History, status: Status = Status.RECEIVED) -> list[Event]:
        """Merge, with dispatch's consent."""
        asking = asyncio.create_task(self.merge(history, into))
        request = await self.asked_of(history)
        events = await self.apply(history.released(request, status, ending="merged"))
        answer = await asking
        assert answer.status_code == 200, answer.text
        assert answer.json()["merge"] == "merged"
        return events

    async def asked_of(self, history: History) -> UUID:
        for _ in range(200):
            row = await self.row(history)
            if row.release_state == "requested":
                return UUID(str(row.release_request))
            await asyncio.sleep(0.02)
        raise AssertionError("nothing was asked for")

    async def view(self, history: History, role: Role = Role.OPERATOR, subject: str | None = None) -> dict[str, Any]:
        answer = await self.client.get(f"/complaints/{history.id}", headers=self.as_(role, subject))
        seen: dict[str, Any] = answer.json()
        return seen

    async def listed(self, history: History, role: Role = Role.OPERATOR, subject: str | None = None) -> list[str]:
        path = f"/complaints/{history.id}/attachments"
        answer = await self.client.get(path, headers=self.as_(role, subject))
        return [each["id"] for each in answer.json()["items"]]


@pytest.fixture
def desk(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> Desk:
    return Desk(client, engine, as_)


async def test_the_master_stands_for_both_and_the_reporter_sees_how_it_goes_on(desk: Desk) -> None:
    master, other = await desk.reported("wang"), await desk.reported("li")
    receipt = desk.receipt
    [event] = await desk.merged(other, master)
    assert (event.type, event.data.model_dump()["into"]) == (EventType.MERGED, master.id)
    assert (await desk.view(master))["merged"] == [str(other.id)]
    seen = await desk.view(other)
    assert (seen["status"], seen["merged_into"]) == ("merged", str(master.id))
    assert (await desk.view(other, Role.CITIZEN, "li"))["merged_into"] is None, "whose the other is, is not theirs"

    await desk.apply(master.assigned(), master.accepted())
    track = await desk.client.get(f"/track/{receipt['number']}", params={"query_code": receipt["query_code"]})
    assert track.json()["status"] == "merged"
    assert track.json()["master"]["status"] == "accepted"
    assert [step["status"] for step in track.json()["master"]["progress"]] == ["received", "assigned", "accepted"]


async def test_attachments_are_shown_with_the_master_and_given_back(desk: Desk) -> None:
    master, other = await desk.reported("wang"), await desk.reported("li")
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(buffer, "PNG")
    photo = buffer.getvalue()
    stored = await desk.client.post(
        "/attachments",
        files={"file": ("a.png", photo, "image/png")},
        data={"complaint": str(other.id)},
        headers=desk.as_(Role.CITIZEN, "li"),
    )
    assert stored.status_code == 201, stored.text
    await desk.merged(other, master)
    assert (await desk.view(master))["attachments"] == [stored.json()["id"]]
    assert (await desk.view(master, Role.CITIZEN, "wang"))["attachments"] == [], "not to another reporter"
    assert await desk.listed(master) == await desk.listed(other) == [stored.json()["id"]]
    assert await desk.listed(master, Role.CITIZEN, "wang") == []
    assert (await desk.unmerge(other)).status_code == 200
    assert (await desk.view(master))["attachments"] == await desk.listed(master) == []
    assert (await desk.view(other))["attachments"] == [stored.json()["id"]]


async def test_what_is_unmerged_is_received_again_and_can_be_merged_again(desk: Desk) -> None:
    master, other = await desk.reported(), await desk.reported()
    await desk.merged(other, master)
    before = await desk.row(other)
    assert (await desk.unmerge(other, **{"If-Match": '"1"'})).status_code == 412
    answer = await desk.unmerge(other)
    assert answer.json()["merge"] == "unmerged"
    row = await desk.row(other)
    assert (row.status, row.merged_into, row.sequence) == ("received", None, before.sequence + 1)
    again = await desk.unmerge(other)
    assert (again.status_code, again.json()["type"]) == (409, "urn:jieban:problem:not-merged")
    await desk.apply(other.assigned())
    await desk.merged(other, master, Status.ASSIGNED)
    assert [step["status"] for step in (await desk.view(other))["progress"]] == [
        "received", "merged", "received", "assigned", "merged",
    ]  # fmt: skip


async def test_a_merge_that_was_done_is_done_when_it_is_asked_for_again(desk: Desk) -> None:
    master, other = await desk.reported(), await desk.reported()
    await desk.merged(other, master)
    assert (await desk.merge(other, master)).json()["merge"] == "merged"


async def test_what_cannot_be_merged_is_refused_and_says_why(desk: Desk) -> None:
    first, second, third = [await desk.reported() for _ in range(3)]
    itself = await desk.merge(first, first)
    assert (itself.status_code, itself.json()["errors"][0]["code"]) == (422, "merge-into-itself")
    stranger = History()
    assert (await desk.merge(first, stranger)).status_code == 404
    assert (await desk.merge(stranger, first)).status_code == 404

    await desk.merged(second, first)
    cases = [
        (first, second, "merge-cycle", str(first.id)),
        (third, second, "master-is-merged", str(first.id)),
        (second, third, "merged-already", str(first.id)),
        (first, third, "merge-is-master", None),
    ]
    for one, into, code, master in cases:
        answer = await desk.merge(one, into)
        assert (answer.status_code, answer.json()["type"]) == (409, f"urn:jieban:problem:{code}")
        assert answer.json().get("master") == master
        if master:
            assert (await desk.view(first))["number"] in answer.json()["detail"]

    ended = await desk.reported()
    await desk.apply(ended.assigned(), ended.accepted(), ended.started(), ended.resolved(), ended.verified())
    await desk.apply(ended.closed())
    assert (await desk.merge(ended, third)).json()["type"].endswith("merge-ended")
    refused = await desk.merge(third, ended)
    assert refused.json()["type"].endswith("master-has-ended")
    assert refused.json()["present"]["status"] == "closed"


async def test_an_officer_who_was_quicker_keeps_the_case(desk: Desk) -> None:
    master, other = await desk.reported(), await desk.reported()
    await desk.apply(other.assigned())
    asking = asyncio.create_task(desk.merge(other, master))
    request = await desk.asked_of(other)
    await desk.apply(other.accepted(), other.release_refused(request, Status.ACCEPTED))
    answer = await asking
    assert (answer.status_code, answer.json()["present"]["status"]) == (409, "accepted")
    assert (await desk.row(other)).merged_into is None


async def test_a_release_that_comes_early_waits_and_one_that_comes_twice_does_nothing(desk: Desk) -> None:
    master, other = await desk.reported(), await desk.reported()
    asking = asyncio.create_task(desk.merge(other, master))
    request = await desk.asked_of(other)
    released = other.released(request, Status.ASSIGNED, ending="merged")
    with pytest.raises(OutOfOrder):
        await desk.apply(released)
    await desk.apply(other.assigned())
    assert len(await desk.apply(released)) == 1
    assert await desk.apply(released) == []
    assert (await asking).status_code == 200


@pytest.mark.parametrize("ending", ["withdrawn", "voided"])
async def test_when_the_master_ends_unhandled_the_others_are_matters_of_their_own(desk: Desk, ending: str) -> None:
    master, other = await desk.reported("wang"), await desk.reported("li")
    await desk.merged(other, master)
    if ending == "voided":
        events = await desk.apply(master.voided())
    else:
        asking = asyncio.create_task(
            desk.client.post(f"/complaints/{master.id}/withdrawal", json={}, headers=desk.as_(Role.CITIZEN, "wang"))
        )
        request = await desk.asked_of(master)
        events = await desk.apply(master.released(request, Status.RECEIVED))
        assert (await asking).status_code == 200
    [unmerged] = [event for event in events if event.type is EventType.UNMERGED]
    assert (unmerged.subject, unmerged.data.model_dump()["actor"]) == (other.id, "rule")
    row = await desk.row(other)
    assert (row.status, row.merged_into) == ("received", None)


async def test_a_master_that_ends_while_dispatch_decides_leaves_nobody_behind(desk: Desk) -> None:
    master, other = await desk.reported("wang"), await desk.reported("li")
    asking = asyncio.create_task(desk.merge(other, master))
    request = await desk.asked_of(other)
    await desk.apply(master.voided())
    events = await desk.apply(other.released(request, Status.RECEIVED, ending="merged"))
    assert [event.type for event in events] == [EventType.MERGED, EventType.UNMERGED]
    assert events[0].sequence + 1 == events[1].sequence
    assert code_of(await asking) == (409, "master-has-ended"), "it is not merged"
    assert (await desk.row(other)).status == "received"


async def test_the_reporter_of_a_merged_one_takes_back_their_own_and_the_master_goes_on(desk: Desk) -> None:
    master, other = await desk.reported("wang"), await desk.reported("li")
    path, code = f"/track/{desk.receipt['number']}", desk.receipt["query_code"]
    await desk.merged(other, master)
    seen = (await desk.client.get(path, params={"query_code": code})).json()
    assert [each["action"] for each in seen["actions"]] == ["withdraw"]
    stale = {"If-Match": '"1"'}
    refused = await desk.client.post(f"{path}/withdrawal", json={"query_code": code}, headers=stale)
    assert refused.status_code == 412
    answer = await desk.client.post(f"{path}/withdrawal", json={"query_code": code, "reason": "不是同一件"})
    assert (answer.status_code, answer.json()["withdrawal"]) == (200, "withdrawn")
    row = await desk.row(other)
    assert (row.status, row.merged_into, row.version) == ("withdrawn", None, answer.json()["version"])
    assert (await desk.row(master)).status == "received"
    again = await desk.client.post(f"/complaints/{other.id}/withdrawal", json={}, headers=desk.as_(Role.CITIZEN, "li"))
    assert (again.status_code, again.json()["type"]) == (409, "urn:jieban:problem:withdrawn-already")
    events = await desk.apply(master.voided())
    assert events == [], "what was withdrawn stays so when its master ends"


async def test_merging_is_for_operators_of_the_tenant(desk: Desk) -> None:
    master, other = await desk.reported(), await desk.reported()
    body = {"into": str(master.id), **REASON}
    for headers, status in (
        (desk.as_(Role.CITIZEN), 403),
        (desk.as_(Role.OFFICER), 403),
        (desk.as_(Role.OPERATOR, tenant="110105"), 404),
        ({}, 401),
    ):
        assert (
            await desk.client.post(f"/complaints/{other.id}/merge", json=body, headers=headers)
        ).status_code == status
    for wrong in ({}, {"into": "x", **REASON}, {"into": str(master.id), "reason": " "}, {**body, "more": 1}):
        answer = await desk.client.post(f"/complaints/{other.id}/merge", json=wrong, headers=desk.as_(Role.OPERATOR))
        assert answer.status_code == 422


async def test_what_waited_in_triage_waits_again_when_it_is_no_longer_merged(desk: Desk) -> None:
    master, other = await desk.reported("wang"), await desk.reported("li")
    operator = desk.as_(Role.OPERATOR)
    put = {"reason": "unclear", "note": "看不懂"}
    for each in (master, other):
        assert (await desk.client.post(f"/complaints/{each.id}/triage", json=put, headers=operator)).is_success
    await desk.merged(other, master)
    ended = (await desk.client.get(f"/triage/{other.id}", headers=operator)).json()
    assert (ended["state"], ended["outcome"]) == ("ended", "merged")
    assert (await desk.unmerge(other)).status_code == 200
    items = [(await desk.client.get(f"/triage/{each.id}", headers=operator)).json() for each in (master, other)]
    assert [(each["state"], each["outcome"], each["settled_at"]) for each in items] == [("waiting", None, None)] * 2
    assert [each["version"] for each in items] == [1, 3]
    assert [step["step"] for step in items[1]["steps"]] == ["put", "merged", "unmerged"]
    released = await desk.client.post(f"/triage/{other.id}/release", json={}, headers=operator)
    assert released.status_code == 200, released.text

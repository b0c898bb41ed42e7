"""What the reporter of a merged complaint sees: how it goes on for both, and nothing of the other reporter."""

import io
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from PIL import Image
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.events import FeedbackReceived
from contracts.lifecycle import EventType, Status
from contracts.roles import Role
from intake.conftest import TENANT, As
from intake.reporter import Reporter
from intake.test_intake_merging import Desk
from intake_service.persistence import followers
from ledger.eventful import Eventful
from runtime import clock


@pytest.fixture
def desk(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> Desk:
    return Desk(client, engine, as_)


async def reporter_of(desk: Desk, subject: str) -> tuple[Eventful, Reporter]:
    history = await desk.reported(subject)
    return history, Reporter(desk.client, desk.engine, desk.as_, desk.receipt)


async def public_photo(desk: Desk, complaint: UUID, role: Role, subject: str) -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(buffer, "PNG")
    stored = await desk.client.post(
        "/attachments",
        files={"file": ("a.png", buffer.getvalue(), "image/png")},
        data={"complaint": str(complaint), "role": "after"},
        headers=desk.as_(role, subject),
    )
    shown = await desk.client.post(
        f"/attachments/{stored.json()['id']}/publication", json={"public": True}, headers=desk.as_(Role.OPERATOR)
    )
    assert shown.status_code == 200, shown.text
    return str(stored.json()["id"])


async def test_a_merged_one_shows_the_way_of_its_master_in_words_and_nothing_of_its_reporter(desk: Desk) -> None:
    master, other = await reporter_of(desk, "wang")
    member, mine = await reporter_of(desk, "li")
    await desk.merged(member, master)
    await mine.happens(other.promised(), master.accepted(), master.started())
    assert (await other.says("supplements", text="canary 我住3栋")).status_code == 201
    asked = (await other.asked("canary 您是王芳吗？")).json()["id"]
    waiting = (await mine.sees())["master"]
    assert (waiting["light"]["code"], waiting["light"]["stands"]) == ("green", True)
    assert (await other.says(f"questions/{asked}/answer", text="canary 是")).status_code == 201
    await mine.happens(master.resolved(), master.verified(), master.closed())
    word = FeedbackReceived(actor="reporter", satisfaction="satisfied", solved=True)
    await mine.happens(master.event(EventType.FEEDBACK_RECEIVED, word))

    theirs, english, chinese = await other.sees(), await mine.sees(), await mine.sees("zh-CN")
    seen = english["master"]
    assert [step["kind"] for step in seen["timeline"]] == [
        "received", "assigned", "accepted", "started", "resolved", "verified", "closed",
    ]  # fmt: skip
    assert seen["timeline"][1]["text"].startswith("福来网格队 answers for it now; it is promised to be handled by 20")
    assert (seen["promised"], seen["outcome"], seen["light"]) == tuple(
        theirs[name] for name in ("promised", "outcome", "light")
    )
    assert (seen["unit"], seen["status_label"]) == ("福来网格队", "Closed")
    assert seen["notice"].startswith("It is handled together with another report of the same")
    assert chinese["master"]["notice"].startswith("本件与反映同一事项的另一件诉求合并办理")
    assert chinese["master"]["timeline"][-1]["text"] == "诉求已结案。"
    told = str(english) + str(chinese)
    for hidden in ("canary", other.receipt["number"], str(master.id), "feedback"):
        assert hidden not in told
    assert (await other.sees())["master"] is None


async def test_what_was_promised_before_the_merge_counts_no_more(desk: Desk) -> None:
    (master, _), (member, mine) = await reporter_of(desk, "wang"), await reporter_of(desk, "li")
    await mine.happens(mine.promised())
    assert (await mine.sees())["promised"]["resolve_by"] is not None
    await desk.merged(member, master, Status.ASSIGNED)
    seen = await mine.sees()
    assert set(seen["promised"].values()) == {None}
    assert set(seen["master"]["promised"].values()) == {None}, "nobody has promised anything yet"
    await mine.happens(master.assigned())
    assert (await desk.unmerge(member)).status_code == 200


async def test_public_photos_of_the_work_are_shown_to_the_reporters_of_both(desk: Desk) -> None:
    (master, _), (member, mine) = await reporter_of(desk, "wang"), await reporter_of(desk, "li")
    taken = await public_photo(desk, master.id, Role.OFFICER, "officer-1")
    theirs = await public_photo(desk, master.id, Role.CITIZEN, "wang")
    code = {"query_code": mine.code}
    assert (await desk.client.get(f"{mine.path}/photos/{taken}", params=code)).status_code == 404
    await desk.merged(member, master)

    [photo] = (await mine.sees())["master"]["photos"]
    assert photo["id"] == taken, "not what the other reporter has sent"
    for path in (photo["path"], photo["thumbnail"]):
        assert (await desk.client.get(path.removeprefix("/intake/v1"), params=code)).status_code == 200
    assert (await desk.client.get(f"{mine.path}/photos/{theirs}", params=code)).status_code == 404

    [listed] = (await desk.client.get("/my/complaints?limit=1", headers=desk.as_(Role.CITIZEN, "li"))).json()["items"]
    [photo] = listed["master"]["photos"]
    assert listed["master"]["notice"]
    assert [step["kind"] for step in listed["master"]["timeline"]] == ["received"]
    for subject, status in (("li", 200), ("zhao", 404)):
        headers = desk.as_(Role.CITIZEN, subject)
        assert (await desk.client.get(photo["path"].removeprefix("/intake/v1"), headers=headers)).status_code == status
    hidden = await desk.client.get(f"/attachments/{theirs}", headers=desk.as_(Role.CITIZEN, "li"))
    assert hidden.status_code == 404

    assert (await desk.unmerge(member)).status_code == 200
    assert (await desk.client.get(f"{mine.path}/photos/{taken}", params=code)).status_code == 404


async def test_who_follows_master_and_merged_ones_sees_the_problem_once(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, desk: Desk
) -> None:
    subject = f"follower-{uuid4().hex}"
    headers = as_(Role.CITIZEN, subject)
    master, first, second, apart = [await desk.reported(f"citizen-{number}") for number in range(4)]

    async def shown() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await client.get("/following", headers=headers)).json()["items"]
        return items

    async with engine.begin() as connection:
        for each in (master, first, second, apart):
            is_affected = each is first
            await followers.follow(connection, TENANT, subject, each.id, is_affected=is_affected, now=clock.now())
    assert len(await shown()) == 4
    await desk.merged(first, master)
    await desk.merged(second, master)
    await desk.apply(master.assigned())
    assert [(each["status"], each["me_too"]) for each in await shown()] == [("received", False), ("assigned", True)]
    first_page = await client.get("/following?limit=1", headers=headers)
    second_page = await client.get(first_page.links["next"]["url"].removeprefix("/intake/v1"), headers=headers)
    assert [each["status"] for each in second_page.json()["items"]] == ["assigned"]
    assert "next" not in second_page.links

    problem = (await shown())[1]["handle"]
    assert (await client.post(f"/complaints/{problem}/follow", json={}, headers=headers)).status_code == 204
    assert [each["me_too"] for each in await shown()] == [False, False]
    assert (await client.delete(f"/complaints/{problem}/follow", headers=headers)).status_code == 204
    assert [each["status"] for each in await shown()] == ["received"], "none of the three comes back"

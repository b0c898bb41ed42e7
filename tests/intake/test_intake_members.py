"""What the reporter of a merged complaint sees: how it goes on for both, and nothing of the other reporter."""

import importlib
import io
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa
from PIL import Image
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.events import FeedbackReceived
from contracts.lifecycle import EventType, Status
from contracts.roles import Role
from intake.conftest import TENANT, As
from intake.reporter import Reporter
from intake.reports import HOTLINE
from intake.searches import put
from intake.test_intake_merging import Desk
from intake_service.persistence import followers
from intake_service.service.lapsing import lapse_due
from ledger.eventful import Eventful
from refusals import code_of
from runtime import clock

NOTES_PHOTOS = importlib.import_module("intake_service.migrations.versions.0039_photos_of_reporters")


@pytest.fixture
def desk(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> Desk:
    return Desk(client, engine, as_)


async def reporter_of(desk: Desk, subject: str) -> tuple[Eventful, Reporter]:
    history = await desk.reported(subject)
    return history, Reporter(desk.client, desk.engine, desk.as_, desk.receipt)


async def uploaded(desk: Desk, who: Role, subject: str | None = None, **data: str) -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), tuple(uuid4().bytes[:3])).save(buffer, "PNG")
    stored = await desk.client.post(
        "/attachments",
        files={"file": ("a.png", buffer.getvalue(), "image/png")},
        data=data,
        headers=desk.as_(who, subject),
    )
    assert stored.status_code == 201, stored.text
    return str(stored.json()["id"])


async def publish(desk: Desk, photo: str) -> None:
    shown = await desk.client.post(
        f"/attachments/{photo}/publication", json={"public": True}, headers=desk.as_(Role.OPERATOR)
    )
    assert shown.status_code == 200, shown.text


async def public_photo(desk: Desk, complaint: UUID, role: Role, subject: str) -> str:
    photo = await uploaded(desk, role, subject, complaint=str(complaint), role="after")
    await publish(desk, photo)
    return photo


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


@pytest.mark.parametrize("passed", [False, True], ids=["at once", "after five days"])
@pytest.mark.parametrize("earlier", [False, True], ids=["merged now", "merged by an earlier release"])
async def test_a_question_ends_with_the_merge_and_another_can_be_asked_after_it(
    desk: Desk, *, earlier: bool, passed: bool
) -> None:
    (master, _), (member, mine) = await reporter_of(desk, "wang"), await reporter_of(desk, "li")
    await mine.happens(mine.promised())
    asked = (await mine.asked()).json()["id"]
    await desk.merged(member, master, Status.ASSIGNED)
    assert (await desk.row(member)).question is None
    if earlier:
        await put(desk.engine, str(member.id), question=UUID(asked))
    if passed:
        await mine.is_due(asked)
        assert await lapse_due(desk.engine) == 0
    assert (await desk.unmerge(member)).status_code == 200
    await mine.happens(mine.promised())
    seen = await mine.sees()
    assert (seen["question"], seen["light"]["stands"]) == (None, False)
    assert code_of(await mine.says(f"questions/{asked}/answer", text="3 号楼")) == (409, "question-over")
    assert [each["state"] for each in await mine.questions()] == ["dropped"]
    await mine.is_due(asked)
    assert await lapse_due(desk.engine) == 0
    assert (await mine.asked()).status_code == 201
    assert [each["state"] for each in await mine.questions()] == ["dropped", "open"]


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


async def test_what_came_in_with_the_call_of_another_reporter_is_no_photo_of_the_work(desk: Desk) -> None:
    (member, mine), master = await reporter_of(desk, "li"), Eventful()
    operator, code = desk.as_(Role.OPERATOR), {"query_code": mine.code}
    with_call, added, answered = [await uploaded(desk, Role.OPERATOR) for _ in range(3)]
    filed = await desk.client.post("/complaints", json={**HOTLINE, "attachments": [with_call]}, headers=operator)
    master.id = UUID(filed.json()["id"])
    other = Reporter(desk.client, desk.engine, desk.as_, filed.json())
    path = f"/complaints/{master.id}"
    says = {"text": "来电补充", "attachments": [added]}
    assert (await desk.client.post(f"{path}/supplements", json=says, headers=operator)).status_code == 201
    asked = (await other.asked("哪一栋？")).json()["id"]
    says = {"text": "三栋", "attachments": [answered]}
    assert (await desk.client.post(f"{path}/questions/{asked}/answer", json=says, headers=operator)).status_code == 201
    await desk.merged(member, master)
    work = await public_photo(desk, master.id, Role.OFFICER, "officer-1")
    for photo in (with_call, added, answered):
        await publish(desk, photo)

    assert [photo["id"] for photo in (await mine.sees())["master"]["photos"]] == [work]
    for photo, status in ((work, 200), (with_call, 404), (added, 404), (answered, 404)):
        answer = await desk.client.get(f"{mine.path}/photos/{photo}", params=code)
        signed_in = await desk.client.get(f"/attachments/{photo}", headers=desk.as_(Role.CITIZEN, "li"))
        assert (answer.status_code, signed_in.status_code) == (status, status)
    assert {photo["id"] for photo in (await other.sees())["photos"]} == {work, with_call, added, answered}

    async with desk.engine.connect() as connection:  # as a version before had them, and the work long after the call
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        as_before = """UPDATE attachment SET of_reporter = false,
            created_at = created_at + CASE WHEN id <> :call THEN interval '1 hour' ELSE interval '0' END
            WHERE complaint_id = :master"""
        await connection.execute(sa.text(as_before), {"call": UUID(with_call), "master": master.id})
        await connection.execute(sa.text(NOTES_PHOTOS._BACKFILL))
    assert [photo["id"] for photo in (await mine.sees())["master"]["photos"]] == [work]


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

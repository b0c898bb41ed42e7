"""Following complaints of others, and everything that one reporter has reported."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from contracts.roles import Role
from intake.conftest import TENANT, As
from intake.reports import HOTLINE, REPORT
from intake.test_intake_merging import Desk
from intake_service.persistence import followers, similar
from intake_service.service.likeness_index import LikenessIndex
from runtime import clock

TEXT = "翡翠林居五栋一楼餐馆油烟直排，窗户不敢开"


@pytest.fixture
async def receipt(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> dict[str, Any]:
    """A complaint of Wang's that others may find."""
    text = f"{TEXT}，门牌{uuid4().hex}"
    answer = await client.post("/complaints", json={**REPORT, "description": text}, headers=as_(Role.CITIZEN, "wang"))
    while await LikenessIndex(engine).work():
        pass
    content: dict[str, Any] = {**answer.json(), "text": text}
    return content


async def found(client: httpx.AsyncClient, as_: As, subject: str, text: str) -> list[str]:
    question = {"description": text, "location": REPORT["location"]}
    answer = await client.post("/similar", json=question, headers=as_(Role.CITIZEN, subject))
    return [each["handle"] for each in answer.json()["items"]]


async def test_me_too_counts_once_for_each_person_and_is_shown(
    client: httpx.AsyncClient, as_: As, receipt: dict[str, Any]
) -> None:
    path = f"/complaints/{receipt['id']}"
    for subject in ("li", "li", "zhao"):
        handle = (await found(client, as_, subject, receipt["text"]))[0]
        headers = as_(Role.CITIZEN, subject)
        assert (
            await client.post(f"/complaints/{handle}/follow", json={"me_too": True}, headers=headers)
        ).status_code == 204
    assert (await client.get(path, headers=as_(Role.OPERATOR))).json()["affected"] == 2
    handle = (await found(client, as_, "li", receipt["text"]))[0]
    assert (
        await client.post(f"/complaints/{handle}/follow", json={}, headers=as_(Role.CITIZEN, "li"))
    ).status_code == 204
    assert (await client.get(path, headers=as_(Role.OPERATOR))).json()["affected"] == 1
    for _ in range(2):
        gone = await client.delete(f"/complaints/{handle}/follow", headers=as_(Role.CITIZEN, "li"))
        assert gone.status_code == 204
    assert (await client.get("/following", headers=as_(Role.CITIZEN, "li"))).json() == {"items": []}


async def test_me_too_of_what_was_merged_counts_for_its_master_and_each_person_once(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    desk = Desk(client, engine, as_)
    master, other, apart = [await desk.reported(subject) for subject in ("wei", "shen", "zhu")]

    async def affected() -> list[int]:
        items = (await client.get("/complaints", params={"limit": 20}, headers=as_(Role.OPERATOR))).json()["items"]
        listed = {each["id"]: each["affected"] for each in items}
        one_by_one = [(await desk.view(each))["affected"] for each in (master, other, apart)]
        assert [listed[str(each.id)] for each in (master, other, apart)] == one_by_one
        return one_by_one

    async with engine.begin() as connection:
        for complaint, subjects in ((master, "jiang shen"), (other, "jiang han yang wei"), (apart, "han")):
            for subject in subjects.split():
                await followers.follow(connection, TENANT, subject, complaint.id, is_affected=True, now=clock.now())
        await followers.follow(connection, TENANT, "tao", other.id, is_affected=False, now=clock.now())
    assert await affected() == [2, 4, 1]
    await desk.merged(other, master)
    assert await affected() == [3, 4, 1], (
        "Jiang once; not Wei and Shen, who have reported it, nor Tao, who only follows"
    )
    async with engine.connect() as connection:
        [row] = (await similar.present(connection, TENANT, [master.id])).values()
    assert row.affected == 3
    assert (await desk.unmerge(other)).is_success
    assert await affected() == [2, 4, 1]


async def test_followers_see_how_it_goes_on_and_not_whose_it_is(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, receipt: dict[str, Any]
) -> None:
    handle = (await found(client, as_, "qian", receipt["text"]))[0]
    headers = as_(Role.CITIZEN, "qian")
    await client.post(f"/complaints/{handle}/follow", json={}, headers=headers)
    desk = Desk(client, engine, as_)
    master = await desk.reported("someone")
    mine = type(master)()
    mine.id = type(master.id)(receipt["id"])
    await desk.merged(mine, master)
    await desk.apply(master.assigned())
    [item] = (await client.get("/following", headers=headers)).json()["items"]
    assert (item["status"], item["me_too"]) == ("assigned", False)
    assert [step["status"] for step in item["progress"]] == ["received", "assigned"]
    assert TEXT not in str(item)
    assert receipt["number"] not in str(item)


async def test_a_handle_is_good_for_one_person_alone(
    client: httpx.AsyncClient, as_: As, receipt: dict[str, Any]
) -> None:
    handle = (await found(client, as_, "sun", receipt["text"]))[0]
    for wrong, headers in (
        (handle, as_(Role.CITIZEN, "zhou")),
        (handle, as_(Role.CITIZEN, "sun", tenant="110105")),
        (receipt["id"], as_(Role.CITIZEN, "sun")),
        ("AAAA", as_(Role.CITIZEN, "sun")),
    ):
        assert (await client.post(f"/complaints/{wrong}/follow", json={}, headers=headers)).status_code == 404
    assert (await client.post(f"/complaints/{handle}/follow", json={}, headers=as_(Role.OPERATOR))).status_code == 403
    own = (await found(client, as_, "wang", receipt["text"]))[0]
    refused = await client.post(f"/complaints/{own}/follow", json={}, headers=as_(Role.CITIZEN, "wang"))
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:jieban:problem:follow-own")


async def test_who_reports_through_one_partner_is_the_same_only_by_phone(client: httpx.AsyncClient, as_: As) -> None:
    async def report(phone: str | None, **more: Any) -> str:
        reporter = {"reporter": {"phone": phone}} if phone else {}
        answer = await client.post("/complaints", json={**REPORT, **reporter, **more}, headers=as_(Role.PARTNER, "app"))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    wu = "13922223333"
    first, again, other = await report(wu), await report(wu, external_ref="wu-2"), await report("13922224444")
    nobody = await report(None)
    for complaint, same in ((first, {again: ["phone"]}), (again, {first: ["phone"]}), (other, {}), (nobody, {})):
        seen = await client.get(f"/complaints/{complaint}/same-reporter", headers=as_(Role.OPERATOR))
        assert {each["id"]: each["matched_by"] for each in seen.json()["items"]} == same


async def test_what_one_person_has_reported_is_in_view_for_those_who_may_contact_them(
    client: httpx.AsyncClient, as_: As
) -> None:
    async def report(body: dict[str, Any], headers: dict[str, str]) -> str:
        answer = await client.post("/complaints", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    phone = {"reporter": {"name": "郑", "phone": "13911112222"}}
    first = await report({**REPORT, **phone}, as_(Role.CITIZEN, "zheng"))
    by_account = await report(REPORT, as_(Role.CITIZEN, "zheng"))
    by_phone = await report({**HOTLINE, **phone}, as_(Role.OPERATOR))
    secret = await report({**REPORT, "kind": "report"}, as_(Role.CITIZEN, "zheng"))
    await report({**HOTLINE, **phone}, as_(Role.OPERATOR, tenant="110105"))
    await report(REPORT, as_(Role.CITIZEN, "somebody"))
    path = f"/complaints/{first}/same-reporter"
    with capture_logs() as logs:
        seen = (await client.get(path, headers=as_(Role.OPERATOR))).json()["items"]
    assert {each["id"]: each["matched_by"] for each in seen} == {by_account: ["account"], by_phone: ["phone"]}
    [look] = [each for each in logs if each["event"] == "same_reporter_looked_at"]
    assert (look["subject"], look["found"]) == ("operator-1", 2)
    assert "13911112222" not in str(logs)

    everything = (await client.get(path, headers=as_(Role.SUPERVISOR))).json()["items"]
    assert {each["id"] for each in everything} == {by_account, by_phone, secret}
    page = await client.get(path, params={"limit": 1}, headers=as_(Role.SUPERVISOR))
    assert len(page.json()["items"]) == 1
    assert 'rel="next"' in page.headers["Link"]
    for headers, status in (
        (as_(Role.CITIZEN, "zheng"), 403),
        (as_(Role.DISPATCHER), 403),
        (as_(Role.OPERATOR, tenant="110105"), 404),
    ):
        assert (await client.get(path, headers=headers)).status_code == status
    hidden = f"/complaints/{secret}/same-reporter"
    assert (await client.get(hidden, headers=as_(Role.OPERATOR))).status_code == 403
    anonymous = await report(HOTLINE, as_(Role.OPERATOR))
    assert (await client.get(f"/complaints/{anonymous}/same-reporter", headers=as_(Role.OPERATOR))).json()[
        "items"
    ] == []

"""What people wrote in their own words is for those who work with it, wherever the ledger shows it."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from contracts.roles import Role
from histories import OWNER
from ledger.conftest import As, Enter, Headers
from ledger.eventful import Eventful
from ledger.hearing import hearing, serving
from runtime.lifecycle import Service

TENANT = "t-words-of-people"
WORKERS = (Role.OPERATOR, Role.INSPECTOR, Role.OFFICER, Role.DISPATCHER, Role.SUPERVISOR)
OTHERS = (Role.ANALYST, Role.ADMIN)
WRITTEN = ("小区门口游摊占道", "内部备注", "在 3 号楼旁", "已劝离", "老王不讲理", "与事实不符")
"""Of the complaint, of an officer, of a supplement, of the result, of the reporter, of an appeal."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def life(enter: Enter) -> Eventful:
    life = Eventful(tenant=TENANT)
    life.received()
    life.promised(life.events[0].time)
    life.accepted()
    life.supplemented()
    life.started()
    life.resolved()
    life.verified()
    life.closed()
    said = life.rated("dissatisfied")
    life.events[-1] = said._replace(data=said.data.model_copy(update={"comment": "老王不讲理"}))
    life.appealed(said.id)
    await enter(life)
    return life


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def url(service: Service) -> AsyncIterator[str]:
    async with serving(service) as api:
        yield f"{api}/stream"


def _paths(life: Eventful) -> list[str]:
    return ["/complaints", f"/complaints/{life.id}", f"/entries?complaint={life.id}"]


async def _read(client: httpx.AsyncClient, headers: Headers, life: Eventful) -> str:
    answers = [await client.get(path, headers=headers) for path in _paths(life)]
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    assert all(str(life.id) in answer.text for answer in answers)
    return "".join(answer.text for answer in answers)


@pytest.mark.parametrize("role", WORKERS)
async def test_who_works_with_complaints_reads_what_was_written(
    client: httpx.AsyncClient, as_: As, life: Eventful, role: Role
) -> None:
    text = await _read(client, as_(role, tenant=TENANT), life)
    assert [words for words in WRITTEN if words not in text] == []


@pytest.mark.parametrize("role", OTHERS)
async def test_who_does_not_reads_the_facts_alone(
    client: httpx.AsyncClient, as_: As, life: Eventful, role: Role
) -> None:
    headers = as_(role, tenant=TENANT)
    text = await _read(client, headers, life)
    assert [words for words in WRITTEN if words in text] == []
    story = (await client.get(f"/complaints/{life.id}", headers=headers)).json()
    assert (story["description"], story["category"], story["worker"]) == (None, "street_order.vendors", "officer-1")
    done = next(entry for entry in story["timeline"] if entry["type"] == "complaint.resolved")
    assert done["data"] == {
        "actor": "officer-1",
        "team": "team-01",
        "handling_mode": "guidance",
        "self_handled": False,
        "photos_needed": False,
    }


async def test_notes_of_activities_and_reasons_of_appeals_are_words_too(
    client: httpx.AsyncClient, as_: As, life: Eventful
) -> None:
    officer, analyst = as_(Role.OFFICER, tenant=TENANT), as_(Role.ANALYST, tenant=TENANT)
    body = {"kind": "leaflets", "quantity": 1, "happened_at": "2026-03-01T08:00:00Z", "note": "老王家"}
    made = await client.post("/activities", headers=officer, json=body)
    assert made.status_code == 201, made.text
    path = f"/activities/{made.json()['id']}"
    assert (await client.get(path, headers=officer)).json()["note"] == "老王家"
    paths = (path, "/activities", f"/entries?subject={made.json()['id']}")
    for text in [(await client.get(each, headers=analyst)).text for each in paths]:
        assert "leaflets" in text
        assert "老王" not in text
    for headers, reason in ((officer, "与事实不符"), (analyst, None)):
        [appeal] = (await client.get("/appeals", headers=headers)).json()["items"]
        assert (appeal["complaint"]["id"], appeal["reason"]) == (str(life.id), reason)


async def test_reporters_read_what_is_theirs(client: httpx.AsyncClient, as_: As, life: Eventful) -> None:
    story = (await client.get(f"/complaints/{life.id}", headers=as_(Role.CITIZEN, OWNER, tenant=TENANT))).json()
    assert story["description"] == "小区门口游摊占道"
    assert story["worker"] is None


async def test_each_listener_hears_what_they_may_read(url: str, as_: As, enter: Enter, life: Eventful) -> None:
    last = "?last_event_id=0&type=complaint.received"
    for role in (*WORKERS, *OTHERS):
        async with hearing(f"{url}{last}", as_(role, tenant=TENANT)) as stream:
            missed = await stream.next()
            assert missed is not None
            assert ("description" in missed.data["data"]) is (role in WORKERS)
    async with (
        hearing(f"{url}?type=complaint.received", as_(Role.DISPATCHER, tenant=TENANT)) as told,
        hearing(f"{url}?type=complaint.received", as_(Role.ANALYST, tenant=TENANT)) as untold,
    ):
        history = Eventful(tenant=TENANT)
        history.received()
        await enter(history)
        whole, part = await told.next(), await untold.next()
    assert whole is not None
    assert part is not None
    assert whole.data["data"]["description"] == "小区门口游摊占道"
    assert "游摊" not in str(part.data)
    assert (part.id, part.data["complaint"]) == (whole.id, whole.data["complaint"])

"""What a reporter sees and says: the way in words, promises, the light, supplements, questions and their end."""

import asyncio
from datetime import datetime, timedelta

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.events import (
    ComplaintExtended,
    ComplaintRescheduled,
    FeedbackReceived,
)
from contracts.lifecycle import EventType
from contracts.roles import Role
from eventbus.errors import OutOfOrder
from histories import OFFICER
from intake.conftest import As
from intake.reporter import NOW, Reporter
from intake.reports import HOTLINE, REPORT
from intake.searches import put
from intake_service.service.lapsing import lapse_due
from refusals import code_of


@pytest.fixture
async def reporter(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> Reporter:
    """Somebody who has called the hotline: no account, but a receipt."""
    answer = await client.post("/complaints", json=HOTLINE, headers=as_(Role.OPERATOR))
    return Reporter(client, engine, as_, answer.json())


async def test_the_way_is_told_in_plain_words_of_either_language(reporter: Reporter) -> None:
    history = reporter.history
    await reporter.happens(reporter.promised(), history.accepted(), history.started())
    until = NOW + timedelta(hours=48)
    extended = ComplaintExtended(
        actor="dispatcher-1", team="team-01", reason="秘密", asked_by=OFFICER, promised_at=until
    )
    await reporter.happens(history.event(EventType.EXTENDED, extended), history.suspended())
    await reporter.happens(history.resumed(until), history.rectification_ordered(), history.resolved())
    seen = await reporter.sees()
    assert [step["kind"] for step in seen["timeline"]] == [
        "received", "assigned", "accepted", "started", "extended", "suspended", "resumed", "rectification_ordered",
        "resolved",
    ]  # fmt: skip
    assert [step["status"] for step in seen["timeline"]][3:6] == ["in_progress", "in_progress", "suspended"]
    assert seen["timeline"][1]["text"].startswith("福来网格队 answers for it now; it is promised to be handled by 20")
    assert seen["timeline"][-1]["text"] == "It has been handled: 已劝离"
    assert seen["outcome"]["label"] == "Guidance"
    assert seen["promised"]["resolve_by"] == seen["timeline"][4]["promised_at"]
    chinese = await reporter.sees("zh-CN")
    assert chinese["timeline"][5]["text"].startswith("因条件暂不具备已挂账")
    assert (chinese["outcome"]["label"], chinese["category_label"]) == ("宣传引导", "乱停乱放")
    told = str(seen) + str(chinese)
    for hidden in (OFFICER, "dispatcher-1", "秘密", "内部备注"):
        assert hidden not in told


async def test_what_is_learnt_of_late_is_told_where_it_happened(reporter: Reporter, client: httpx.AsyncClient) -> None:
    assert (await reporter.asked()).status_code == 201
    await reporter.happens(reporter.promised(), reporter.history.accepted())
    seen = await reporter.sees()
    assert [step["kind"] for step in seen["timeline"]] == ["received", "assigned", "accepted", "question_asked"]
    assert [step["status"] for step in seen["timeline"]] == ["received", "assigned", "accepted", "accepted"]
    assert [step["status"] for step in seen["progress"]] == ["received", "assigned", "accepted"]


async def test_other_ways_name_the_department_and_the_next_unit(reporter: Reporter) -> None:
    history = reporter.history
    await reporter.happens(reporter.promised(), history.returned(), reporter.promised(team_name="麦溪网格队"))
    await reporter.happens(history.transferred())
    seen = await reporter.sees()
    assert [step["text"] for step in seen["timeline"]][2] == "The unit has given it back; another unit will get it."
    assert (seen["unit"], seen["department"], seen["timeline"][-1]["text"]) == (
        "麦溪网格队", "power", "power has taken it on.",
    )  # fmt: skip


@pytest.mark.parametrize(("hours", "light"), [(24, "green"), (2, "yellow"), (-1, "red")])
async def test_the_light_goes_by_what_was_promised(reporter: Reporter, hours: float, light: str) -> None:
    assert (await reporter.sees())["light"] is None
    await reporter.happens(reporter.promised(hours))
    assert (await reporter.sees())["light"]["code"] == light


async def test_what_the_reporter_can_do_changes_with_the_state(reporter: Reporter, client: httpx.AsyncClient) -> None:
    history, as_ = reporter.history, reporter.as_
    own = f"/complaints/{history.id}/track"
    assert [each["action"] for each in (await reporter.sees())["actions"]] == ["supplement", "withdraw"]
    desk = (await client.get(own, headers=as_(Role.OPERATOR))).json()
    assert [each["path"] for each in desk["actions"]] == [
        f"/intake/v1/complaints/{history.id}/supplements", f"/intake/v1/complaints/{history.id}/withdrawal",
    ]  # fmt: skip


async def test_feedback_can_be_given_once_a_round(reporter: Reporter) -> None:
    history = reporter.history
    await reporter.is_closed()
    [action] = (await reporter.sees())["actions"]
    assert (action["action"], action["path"]) == ("give_feedback", "/ledger/v1/feedback")
    word = FeedbackReceived(actor="reporter", satisfaction="satisfied", solved=True)
    await reporter.happens(history.event(EventType.FEEDBACK_RECEIVED, word))
    seen = await reporter.sees()
    assert (seen["actions"], seen["timeline"][-1]["kind"]) == ([], "feedback_received")


async def test_an_event_that_leaves_the_state_waits_for_its_predecessor_too(reporter: Reporter) -> None:
    history = reporter.history
    moved = history.event(EventType.RESCHEDULED, ComplaintRescheduled(promised_at=NOW))
    early = history.event(
        EventType.EXTENDED,
        ComplaintExtended(actor="d", team="t", reason="r", asked_by="o", promised_at=NOW),
    )
    with pytest.raises(OutOfOrder, match="extended may not follow received"):
        await reporter.happens(early)
    await reporter.happens(moved)
    assert (await reporter.sees())["promised"]["resolve_by"] is not None


async def test_citizens_list_their_own(client: httpx.AsyncClient, as_: As) -> None:
    me = as_(Role.CITIZEN, "citizen-of-the-list")
    numbers = [(await client.post("/complaints", json=REPORT, headers=me)).json()["number"] for _ in range(3)]
    first = await client.get("/my/complaints?limit=2", headers=me)
    rest = await client.get(first.links["next"]["url"].removeprefix("/intake/v1"), headers=me)
    assert [each["number"] for each in [*first.json()["items"], *rest.json()["items"]]] == numbers[::-1]
    assert (await client.get("/my/complaints", headers=as_(Role.CITIZEN, "citizen-2"))).json()["items"] == []
    assert (await client.get("/my/complaints", headers=as_(Role.OFFICER))).status_code == 403


async def test_a_wrong_code_is_not_tried_for_ever(reporter: Reporter, client: httpx.AsyncClient) -> None:
    for _ in range(10):
        answer = await client.get(reporter.path, params={"query_code": "AAAABBBBCCCC"})
        assert answer.status_code == 404
    limited = await client.get(reporter.path, params={"query_code": reporter.code})
    assert code_of(limited) == (429, "too-many-tries")
    assert 0 < int(limited.headers["Retry-After"]) <= 900
    async with reporter.engine.begin() as connection:
        await connection.execute(sa.text("UPDATE wrong_code SET since = since - interval '15 minutes'"))
    assert (await reporter.sees())["number"] == reporter.receipt["number"]


async def test_a_supplement_is_kept_and_told_once(reporter: Reporter, client: httpx.AsyncClient) -> None:
    body = {"query_code": reporter.code, "text": "在 3 号楼旁", "location": {"lon": 107.24, "lat": 26.58}}
    key = {"Idempotency-Key": "supplement-1"}
    first = await client.post(f"{reporter.path}/supplements", json=body, headers=key)
    again = await client.post(f"{reporter.path}/supplements", json=body, headers=key)
    assert (first.status_code, again.json()) == (201, first.json())
    assert await reporter.told() == [("received", 1), ("supplemented", 2)]
    path = f"/complaints/{reporter.history.id}/supplements"
    [kept] = (await client.get(path, headers=reporter.as_(Role.OFFICER))).json()["items"]
    assert (kept["by"], kept["text"], kept["location"]["lon"]) == ("reporter", "在 3 号楼旁", 107.24)
    assert (await reporter.sees())["timeline"][-1]["kind"] == "supplemented"
    stranger = await client.post(path, json={"text": "x"}, headers=reporter.as_(Role.CITIZEN, "stranger"))
    assert stranger.status_code == 404
    desk = await client.post(path, json={"text": "来电补充"}, headers=reporter.as_(Role.OPERATOR))
    assert desk.status_code == 201


async def test_nothing_is_added_to_what_has_ended_nor_without_end(reporter: Reporter) -> None:
    for number in range(20):
        assert (await reporter.says("supplements", text=str(number))).status_code == 201
    assert code_of(await reporter.says("supplements", text="21")) == (409, "too-many-supplements")
    for bad in ({"text": "  "}, {"text": "x" * 2001}, {"text": ""}, {"text": "x", "location": {"lon": 1}}):
        assert (await reporter.says("supplements", **bad)).status_code == 422
    await reporter.is_closed()
    assert code_of(await reporter.says("supplements", text="x")) == (409, "complaint-closed")


async def test_a_question_waits_and_its_answer_ends_it(reporter: Reporter, client: httpx.AsyncClient) -> None:
    await reporter.happens(reporter.promised())
    asked = await reporter.asked()
    assert asked.status_code == 201, asked.text
    assert code_of(await reporter.asked()) == (409, "question-open")
    seen = await reporter.sees()
    assert (seen["question"]["text"], seen["light"]["stands"]) == ("在几号楼？", True)
    assert seen["actions"][0] == {
        "action": "answer", "label": "Answer the question", "method": "POST",
        "path": f"/intake/v1{reporter.path}/questions/{asked.json()['id']}/answer",
    }  # fmt: skip
    end = f"questions/{asked.json()['id']}/answer"
    assert (await reporter.says(end, text="3 号楼")).status_code == 201
    assert code_of(await reporter.says(end, text="4 号楼")) == (409, "question-over")
    assert code_of(await reporter.says(f"questions/{reporter.history.id}/answer", text="?")) == (
        404,
        "question-not-found",
    )
    assert [kind for kind, _ in await reporter.told()] == ["received", "question_asked", "question_answered"]
    path = f"/complaints/{reporter.history.id}/questions"
    [shown] = (await client.get(path, headers=reporter.as_(Role.DISPATCHER))).json()["items"]
    assert (shown["state"], shown["answer"], shown["asked_by"]) == ("answered", "3 号楼", "operator-1")
    assert (await reporter.sees())["question"] is None


async def test_officers_ask_about_what_they_work_on(reporter: Reporter) -> None:
    await reporter.happens(reporter.promised(officer=None))
    assert code_of(await reporter.asked(role=Role.OFFICER)) == (403, "not-in-charge")
    await reporter.happens(reporter.history.accepted())
    assert (await reporter.asked(role=Role.OFFICER)).status_code == 201
    assert (await reporter.asked(role=Role.CITIZEN)).status_code == 403


async def test_a_result_ends_the_question_and_nobody_is_asked_afterwards(reporter: Reporter) -> None:
    history = reporter.history
    await reporter.happens(reporter.promised())
    asked = (await reporter.asked()).json()["id"]
    await reporter.happens(history.accepted(), history.started(), history.resolved())
    assert code_of(await reporter.says(f"questions/{asked}/answer", text="?")) == (409, "question-over")
    assert code_of(await reporter.asked()) == (409, "question-not-now")
    seen = await reporter.sees()
    assert (seen["question"], "answer" in str(seen["actions"])) == (None, False)
    await reporter.is_due(asked)
    assert await lapse_due(reporter.engine) == 0
    assert [kind for kind, _ in await reporter.told()] == ["received", "question_asked"]
    await reporter.happens(history.rework_ordered())
    assert (await reporter.sees())["question"] is None


async def test_a_question_lapses_once_whoever_looks(reporter: Reporter) -> None:
    await reporter.happens(reporter.promised())
    asked = (await reporter.asked()).json()
    assert await lapse_due(reporter.engine) == 0
    days = datetime.fromisoformat(asked["lapses_at"]) - datetime.fromisoformat(asked["asked_at"])
    assert days == timedelta(days=5)
    await reporter.is_due(asked["id"])
    lapsed = await asyncio.gather(*(lapse_due(reporter.engine) for _ in range(4)))
    assert sum(lapsed) == 1
    assert await reporter.told() == [("received", 1), ("question_asked", 2), ("question_lapsed", 3)]
    seen = await reporter.sees()
    assert (seen["question"], seen["timeline"][-1]["kind"]) == (None, "question_lapsed")
    assert code_of(await reporter.says(f"questions/{asked['id']}/answer", text="?")) == (409, "question-over")
    assert (await reporter.asked()).status_code == 201


async def test_of_answer_and_lapse_exactly_one_wins(reporter: Reporter) -> None:
    await reporter.happens(reporter.promised())
    for _ in range(8):
        before = len(await reporter.told())
        asked = (await reporter.asked()).json()["id"]
        await reporter.is_due(asked)
        answer, *_ = await asyncio.gather(
            reporter.says(f"questions/{asked}/answer", text="3 号楼"),
            lapse_due(reporter.engine),
            lapse_due(reporter.engine),
        )
        told = [kind for kind, _ in (await reporter.told())[before:]]
        assert told in (["question_asked", "question_answered"], ["question_asked", "question_lapsed"])
        assert (answer.status_code == 201) == (told[1] == "question_answered")
        await lapse_due(reporter.engine)
        assert len(await reporter.told()) == before + 2


@pytest.mark.parametrize("end", ["withdrawn", "voided", "rejected", "merged", "closed", "erased"])
async def test_nothing_is_added_to_what_is_over_and_each_says_why(
    reporter: Reporter, client: httpx.AsyncClient, end: str
) -> None:
    path, desk = f"/complaints/{reporter.history.id}", reporter.as_(Role.OPERATOR)
    if end == "erased":
        why = {"ground": "request", "reason": "来函", "texts": False}
        assert (await client.post(f"{path}/erasure", json=why, headers=reporter.as_(Role.SUPERVISOR))).is_success
    else:
        await put(reporter.engine, str(reporter.history.id), status=end)
        assert code_of(await reporter.says("supplements", text="又来了")) == (409, f"complaint-{end}")
    before, told = (await client.get(path, headers=desk)).json(), await reporter.told()
    for language, word in (("en", "add"), ("zh-CN", "补充")):
        headers = {**desk, "Accept-Language": language}
        answer = await client.post(f"{path}/supplements", json={"text": "又来了"}, headers=headers)
        assert code_of(answer) == (409, f"complaint-{end}")
        assert word in answer.json()["detail"]
    assert (await client.get(f"{path}/supplements", headers=desk)).json()["items"] == []
    assert ((await client.get(path, headers=desk)).json(), await reporter.told()) == (before, told)
    offered = (await client.get(f"{path}/track", headers=desk)).json()["actions"]
    assert "supplement" not in [each["action"] for each in offered]


async def test_an_erasure_takes_what_was_said(reporter: Reporter, client: httpx.AsyncClient) -> None:
    await reporter.happens(reporter.promised())
    asked = (await reporter.asked("canary 您是王芳吗？")).json()["id"]
    await reporter.says(f"questions/{asked}/answer", text="canary 是")
    await reporter.says("supplements", text="canary 13812345678", location={"address": "canary 3 号楼"})
    path = f"/complaints/{reporter.history.id}"
    gone = await client.post(
        f"{path}/erasure", json={"ground": "request", "reason": "来函"}, headers=reporter.as_(Role.SUPERVISOR)
    )
    assert gone.status_code == 200, gone.text
    for end in ("supplements", "questions", "track"):
        assert "canary" not in (await client.get(f"{path}/{end}", headers=reporter.as_(Role.OPERATOR))).text
    assert code_of(await reporter.asked()) == (409, "no-reporter")

"""Follow-up tasks over REST: who is called when, what a call comes to, and what supervisors decide."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
import sqlalchemy as sa

from contracts.roles import Role
from histories import OWNER
from ledger.closings import ASK_FIRST, Closings
from ledger.conftest import As, Enter
from refusals import code_of, errors_of

GOOD: dict[str, Any] = {"outcome": "reached", "satisfaction": "satisfied", "solved": True}
BAD: dict[str, Any] = {"outcome": "reached", "satisfaction": "dissatisfied", "solved": False, "note": "垃圾又堆上了"}
WORD: dict[str, Any] = {"satisfaction": "dissatisfied", "solved": False, "comment": "没人来过"}
SCRIPT = [
    {"code": "came", "zh": "人员到场了吗", "en": "Did somebody come?", "type": "yes_no", "required": True},
    {"code": "manner", "zh": "态度", "en": "Manner", "type": "choice", "choices": ["good", "bad"]},
    {"code": "speed", "zh": "速度", "en": "Speed", "type": "scale", "highest": 5},
    {"code": "more", "zh": "其他", "en": "Anything else", "type": "text"},
]


async def test_a_complaint_is_called_about_before_it_is_closed(closings: Closings) -> None:
    await closings.rules({**ASK_FIRST, "calls": {"due_hours": 48, "script": SCRIPT}})
    history = await closings.verified()
    early = await closings.post(history, "closure", None, closings.inspector)
    assert code_of(early) == (409, "gates-missing")
    assert (early.json()["missing"], early.json()["present"]["status"]) == (["follow_up"], "verified")
    [task] = await closings.tasks(history)
    assert (task["kind"], task["state"], task["round"], task["most_attempts"]) == ("gate", "open", 1, 3)
    assert task["complaint"]["contact"] == f"/intake/v1/complaints/{history.id}"
    assert [question["code"] for question in task["script"]] == ["came", "manner", "speed", "more"]
    due = datetime.fromisoformat(task["due_at"]) - datetime.fromisoformat(task["created_at"])
    assert due == timedelta(hours=48)
    answers = {"came": True, "manner": "good", "speed": 5, "more": "谢谢"}
    answer = await closings.call(history, task, **GOOD, answers=answers)
    assert (answer.status_code, answer.json()["status"]) == (200, "closed")
    assert (answer.json()["satisfaction"], answer.json()["solved"]) == ("satisfied", True)
    assert await closings.types(history) == ["verified", "followed_up", "closed"]
    [task] = await closings.tasks(history)
    assert (task["state"], task["attempts"], task["outcome"]) == ("done", 1, "reached")
    assert [call["answers"] for call in task["calls"]] == [answers]
    again = await closings.call(history, task, **GOOD)
    assert code_of(again) == (409, "follow-up-over")


async def test_what_is_not_solved_goes_back_with_the_reporters_words(closings: Closings) -> None:
    await closings.rules(ASK_FIRST)
    history = await closings.verified()
    task = await closings.task(history, "gate")
    assert errors_of(await closings.call(history, task, outcome="reached")) == [("/solved", "solved-missing")]
    silent = await closings.call(history, task, outcome="reached", solved=False)
    assert errors_of(silent) == [("/note", "unsolved-note-missing")]
    answer = await closings.call(history, task, **BAD)
    assert (answer.json()["status"], answer.json()["round"], answer.json()["satisfaction"]) == ("assigned", 2, None)
    assert await closings.types(history) == ["verified", "followed_up", "rework_ordered"]
    async with closings.engine.connect() as connection:
        statement = sa.text("SELECT data FROM entry WHERE complaint_id = :id ORDER BY position DESC LIMIT 1")
        ordered = json.loads((await connection.execute(statement, {"id": history.id})).scalar_one())
    assert ordered == {"actor": "operator-1", "method": "call", "reason": "垃圾又堆上了", "round": 2}


@pytest.mark.parametrize(
    ("said", "flaws"),
    [
        ({"outcome": "no_answer", "solved": True}, [("/solved", "answer-without-contact")]),
        ({"outcome": "no_answer", "answers": {"came": True}}, [("/answers", "answer-without-contact")]),
        ({**GOOD}, [("/answers/came", "answer-missing")]),
        ({**GOOD, "answers": {"came": "yes"}}, [("/answers/came", "answer-unfitting")]),
        ({**GOOD, "answers": {"came": True, "manner": "fine"}}, [("/answers/manner", "answer-unfitting")]),
        ({**GOOD, "answers": {"came": True, "speed": 6}}, [("/answers/speed", "answer-unfitting")]),
        ({**GOOD, "answers": {"came": True, "speed": 1.5}}, [("/answers/speed", "answer-unfitting")]),
        ({**GOOD, "answers": {"came": True, "a/b": True}}, [("/answers/a~1b", "question-unknown")]),
        ({**GOOD, "answers": {"came": True}, "next_at": "2199-01-01T00:00:00Z"}, [("/next_at", "next-try-invalid")]),
        ({"outcome": "no_answer", "next_at": "2020-01-01T00:00:00Z"}, [("/next_at", "next-try-invalid")]),
    ],
)
async def test_what_cannot_have_been_said_is_refused(
    closings: Closings, said: dict[str, Any], flaws: list[tuple[str, str]]
) -> None:
    await closings.rules({**ASK_FIRST, "calls": {"script": SCRIPT}})
    history = await closings.verified()
    assert errors_of(await closings.call(history, await closings.task(history, "gate"), **said)) == flaws
    assert await closings.types(history) == ["verified"]


@pytest.mark.parametrize("outcomes", [["no_answer", "no_answer"], ["wrong_number"], ["no_answer", "refused"]])
async def test_who_is_not_reached_passes_or_comes_to_a_supervisor(closings: Closings, outcomes: list[str]) -> None:
    for unreachable, ends in (("pass", ["closed"]), ("supervisor", [])):
        await closings.rules({**ASK_FIRST, "calls": {"attempts": 2, "unreachable": unreachable}})
        history = await closings.verified()
        task = await closings.task(history, "gate")
        for outcome in outcomes:
            assert (await closings.call(history, task, outcome=outcome)).status_code == 200
        assert await closings.types(history) == ["verified", *["followed_up"] * len(outcomes), *ends]
        task = await closings.task(history, "gate")
        assert (task["state"], task["attempts"]) == ("supervisor" if not ends else "done", len(outcomes))
        assert code_of(await closings.call(history, task, **GOOD)) == (409, "follow-up-over")
    assert errors_of(await closings.decide(history, task, "leave")) == [("/decision", "decision-unfitting")]
    assert code_of(await closings.post(history, "closure", None, closings.inspector)) == (409, "gates-missing")
    decided = await closings.decide(history, task, "close")
    assert (decided.json()["status"], decided.json()["satisfaction"]) == ("closed", None)
    task = await closings.task(history, "gate")
    assert (task["state"], task["decision"], task["decided_by"]) == ("done", "close", "supervisor-1")


async def test_a_supervisor_may_send_back_what_nobody_confirms(closings: Closings) -> None:
    await closings.rules({**ASK_FIRST, "calls": {"attempts": 1, "unreachable": "supervisor"}})
    history = await closings.verified()
    task = await closings.task(history, "gate")
    await closings.call(history, task, outcome="no_answer")
    answer = await closings.decide(history, task, "rework")
    assert (answer.json()["status"], answer.json()["round"]) == ("assigned", 2)
    assert code_of(await closings.decide(history, task, "close")) == (409, "follow-up-over")


async def test_some_closed_complaints_are_drawn_and_what_is_said_is_the_word(closings: Closings) -> None:
    await closings.rules({"calls": {"sampled_percent": 100}, "after_bad_word": "reopen"})
    history = await closings.verified()
    task = await closings.task(history, "sample")
    half = await closings.call(history, task, outcome="reached", satisfaction="satisfied")
    assert errors_of(half) == [("/solved", "word-incomplete")]
    put_off = (datetime.now(UTC) + timedelta(hours=3)).isoformat()
    assert (await closings.call(history, task, outcome="no_answer", next_at=put_off)).status_code == 200
    task = await closings.task(history, "sample")
    assert (task["state"], datetime.fromisoformat(task["next_at"])) == ("open", datetime.fromisoformat(put_off))
    answer = await closings.call(history, task, **BAD)
    assert (answer.json()["status"], answer.json()["round"]) == ("assigned", 2)
    assert await closings.types(history) == ["verified", "closed", "followed_up", "followed_up", "reopened"]


async def test_a_draw_is_not_called_once_the_word_is_in(closings: Closings) -> None:
    await closings.rules({"calls": {"sampled_percent": 100}})
    history = await closings.verified()
    await closings.post(history, "feedback", {"satisfaction": "satisfied", "solved": True}, closings.operator)
    assert (await closings.task(history, "sample"))["state"] == "dropped"


async def test_somebody_wants_a_reporter_called(closings: Closings, as_: As) -> None:
    history = await closings.resolved()
    early = await closings.post(history, "follow-ups", {"note": "来电催办"}, closings.operator)
    assert (code_of(early), early.json()["present"]["status"]) == ((409, "illegal-transition"), "resolved")
    await closings.post(history, "verification", {"method": "photo"}, closings.inspector)
    past = {"note": "来电催办", "due_at": "2020-01-01T00:00:00Z"}
    assert errors_of(await closings.post(history, "follow-ups", past, closings.operator)) == [
        ("/due_at", "moment-past")
    ]
    headers = closings.operator | {"Idempotency-Key": f"want-{history.id}"}
    made = await closings.post(history, "follow-ups", {"note": "来电催办"}, headers)
    assert (made.status_code, made.json()["kind"], made.json()["asked_by"]) == (201, "manual", "operator-1")
    assert made.headers["Location"] == f"/ledger/v1/follow-ups/{made.json()['id']}"
    repeated = await closings.post(history, "follow-ups", {"note": "来电催办"}, headers)
    assert (repeated.status_code, repeated.text) == (201, made.text)
    twice = await closings.post(history, "follow-ups", {"note": "再催"}, closings.supervisor)
    assert code_of(twice) == (409, "follow-up-exists")
    await closings.post(history, "feedback", {"satisfaction": "satisfied", "solved": True}, closings.operator)
    assert code_of(await closings.call(history, made.json(), **GOOD)) == (409, "feedback-exists")
    silent = await closings.call(history, made.json(), outcome="reached", note="已评价过，无补充")
    assert silent.status_code == 200
    shown = await closings.client.get(f"/follow-ups/{made.json()['id']}", headers=as_(Role.SUPERVISOR))
    assert (shown.json()["state"], shown.json()["calls"][0]["note"]) == ("done", "已评价过，无补充")
    stranger = as_(Role.OPERATOR, tenant="110101")
    assert code_of(await closings.client.get(f"/follow-ups/{made.json()['id']}", headers=stranger))[0] == 404
    assert (await closings.client.get(f"/complaints/{history.id}/follow-ups", headers=stranger)).status_code == 404
    assert (await closings.post(history, "follow-ups", {"note": "a"}, as_(Role.CITIZEN, OWNER))).status_code == 403


async def test_calls_about_an_erased_complaint_are_gone_and_its_tasks_stay(closings: Closings, enter: Enter) -> None:
    await closings.rules(ASK_FIRST)
    history = await closings.verified()
    task = await closings.task(history, "gate")
    assert (await closings.call(history, task, outcome="no_answer", note="家人接听")).status_code == 200
    await enter.raw(history.erased(), lambda value: value)
    [shown] = await closings.tasks(history)
    assert (shown["attempts"], shown["calls"]) == (1, [])
    assert (await closings.client.get(f"/follow-ups/{task['id']}", headers=closings.operator)).json() == shown


async def test_the_queue_is_narrowed_down_and_paged(closings: Closings) -> None:
    await closings.rules(ASK_FIRST)
    made = [await closings.verified(source="hotline" if number == 0 else "media") for number in range(3)]
    ids = [str(history.id) for history in made]
    async with closings.engine.begin() as connection:
        late = sa.text("UPDATE follow_up SET due_at = now() - interval '1 hour' WHERE complaint_id = :id")
        await connection.execute(late, {"id": made[2].id})

    async def listed(query: str) -> list[str]:
        answer = await closings.client.get(f"/follow-ups?{query}", headers=closings.operator)
        assert answer.status_code == 200, answer.text
        return [item["complaint"]["id"] for item in answer.json()["items"]]

    assert await listed("") == [ids[2], ids[0], ids[1]]
    assert await listed("overdue=true") == [ids[2]]
    assert await listed("source=hotline&kind=gate&state=open&category=street_order&community=fulai") == [ids[0]]
    assert await listed("category=street") == []
    first = await closings.client.get("/follow-ups?limit=2", headers=closings.operator)
    following = first.links["next"]["url"].removeprefix("/ledger/v1")
    rest = await closings.client.get(following, headers=closings.operator)
    assert [item["complaint"]["id"] for item in rest.json()["items"]] == [ids[1]]
    put_off = (datetime.now(UTC) + timedelta(hours=3)).isoformat()
    await closings.call(made[0], await closings.task(made[0], "gate"), outcome="no_answer", next_at=put_off)
    assert await listed("due=true") == [ids[2], ids[1]]
    assert await listed("mine=true") == []


async def test_a_claim_keeps_colleagues_away_until_it_ends(closings: Closings, as_: As) -> None:
    await closings.rules(ASK_FIRST)
    history = await closings.verified()
    task = await closings.task(history, "gate")
    path, colleague = f"/follow-ups/{task['id']}/claim", as_(Role.OPERATOR, "operator-2")
    claim = await closings.client.post(path, headers=closings.operator | {"If-Match": '"1"'})
    assert (claim.json()["claimed_by"], claim.headers["ETag"]) == ("operator-1", '"2"')
    assert code_of(await closings.client.post(path, headers=colleague)) == (409, "follow-up-claimed")
    assert code_of(await closings.client.delete(path, headers=colleague)) == (409, "claim-not-yours")
    said = await closings.post(history, f"follow-ups/{task['id']}/attempts", {"outcome": "no_answer"}, colleague)
    assert code_of(said) == (409, "follow-up-claimed")
    mine = await closings.client.get("/follow-ups?mine=true", headers=closings.operator)
    assert [item["id"] for item in mine.json()["items"]] == [task["id"]]
    assert (await closings.client.delete(path, headers=closings.operator)).json()["claimed_by"] is None
    assert (await closings.client.post(path, headers=colleague)).status_code == 200
    async with closings.engine.begin() as connection:
        await connection.execute(sa.text("UPDATE follow_up SET claimed_until = now() - interval '1 second'"))
    shown = await closings.client.get(f"/follow-ups/{task['id']}", headers=closings.operator)
    assert shown.json()["claimed_by"] is None
    assert (await closings.call(history, task, **GOOD)).status_code == 200
    assert code_of(await closings.client.post(path, headers=closings.operator)) == (409, "follow-up-over")
    gone = f"/follow-ups/{uuid5(UUID(task['id']), 'x')}/claim"
    assert code_of(await closings.client.post(gone, headers=closings.operator)) == (404, "follow-up-not-found")

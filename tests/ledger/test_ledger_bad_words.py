"""What follows a bad word over REST: a review by a supervisor, or another round by rule."""

import asyncio
from typing import Any
from unittest.mock import AsyncMock

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ledger.closings import ASK_FIRST, Closings
from ledger.conftest import Enter
from ledger.exports import flaws_of
from ledger_service import persistence
from ledger_service.service.left_reviews import LeftReviews
from refusals import code_of

WORD: dict[str, Any] = {"satisfaction": "dissatisfied", "solved": False, "comment": "没人来过"}


async def test_a_supervisor_reviews_a_bad_word(closings: Closings) -> None:
    await closings.rules({"after_bad_word": "review", "review_hours": 12})
    history = await closings.verified()
    await closings.post(history, "feedback", WORD, closings.operator)
    task = await closings.task(history, "review")
    assert (task["state"], task["attempts"], task["most_attempts"]) == ("open", 0, 0)
    claim = await closings.client.post(f"/follow-ups/{task['id']}/claim", headers=closings.operator)
    assert code_of(claim) == (403, "review-needs-supervisor")
    assert code_of(await closings.call(history, task, outcome="no_answer")) == (409, "follow-up-over")
    answer = await closings.decide(history, task, "reopen")
    assert (answer.json()["status"], answer.json()["round"]) == ("assigned", 2)
    assert (await closings.task(history, "review"))["decision"] == "reopen"
    other = await closings.verified()
    await closings.post(other, "feedback", WORD, closings.operator)
    task = await closings.task(other, "review")
    left = await closings.decide(other, task, "leave")
    assert (left.status_code, left.json()["status"]) == (200, "closed")
    told = await closings.client.get(f"/entries?subject={task['id']}", headers=closings.operator)
    [line] = told.json()["items"]
    assert (line["type"], line["actor"], line["data"]["decision"]) == ("review.decided", "supervisor-1", "leave")
    assert code_of(await closings.decide(other, task, "leave")) == (409, "follow-up-over")


async def test_what_a_review_says_goes_with_an_erasure(closings: Closings, enter: Enter) -> None:
    await closings.rules({"after_bad_word": "review"})
    history = await closings.verified()
    await closings.post(history, "feedback", WORD, closings.operator)
    task = await closings.task(history, "review")
    await closings.decide(history, task, "leave")
    wipe = sa.text("UPDATE entry SET data = NULL, actor = NULL, salt = NULL WHERE subject = :task")
    with pytest.raises(DBAPIError, match="append-only"):
        async with closings.engine.begin() as connection:
            await connection.execute(wipe, {"task": task["id"]})
    for texts, kinds in (
        (False, [("review.decided", False)]),
        (True, [("review.erased", False), ("review.decided", True)]),
        (True, [("review.erased", False), ("review.decided", True)]),
    ):
        await enter.raw(history.erased(texts=texts), lambda value: value)
        told = await closings.client.get(f"/entries?subject={task['id']}", headers=closings.operator)
        assert [(line["type"], line["erased"]) for line in told.json()["items"]] == kinds
    erasure, decided = told.json()["items"]
    assert (erasure["actor"], erasure["data"]["complaint_id"]) == ("supervisor-1", str(history.id))
    assert (decided["actor"], decided["data"]) == (None, {})
    assert await flaws_of(closings.client, closings.supervisor) == []


async def test_what_a_review_says_goes_where_an_earlier_release_entered_the_erasure(
    closings: Closings, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    await closings.rules({"after_bad_word": "review"})
    told = {}
    for texts in (False, True):
        history = await closings.verified()
        await closings.post(history, "feedback", WORD, closings.operator)
        task = await closings.task(history, "review")
        await closings.decide(history, task, "leave")
        with monkeypatch.context() as earlier:
            earlier.setattr(persistence.erasing, "reviews", AsyncMock(return_value=[]))
            await enter.raw(history.erased(texts=texts), lambda value: value)
        told[texts] = f"/entries?subject={task['id']}"
    replicas = [LeftReviews(closings.engine, part=1) for _ in range(2)]
    counts = [await asyncio.gather(*(each.work() for each in replicas)) for _ in range(4)]
    assert sum(map(sum, counts)) == 1
    shown = {
        texts: [
            (line["type"], line["erased"], line["actor"])
            for line in (await closings.client.get(path, headers=closings.operator)).json()["items"]
        ]
        for texts, path in told.items()
    }
    assert shown == {
        False: [("review.decided", False, "supervisor-1")],
        True: [("review.erased", False, "supervisor-1"), ("review.decided", True, None)],
    }
    assert await flaws_of(closings.client, closings.supervisor) == []


async def test_a_bad_word_reopens_by_rule_and_a_good_one_does_not(closings: Closings) -> None:
    await closings.rules({"after_bad_word": "reopen"})
    happy, unhappy = await closings.verified(), await closings.verified()
    await closings.post(happy, "feedback", {"satisfaction": "basically_satisfied", "solved": True}, closings.operator)
    answer = await closings.post(unhappy, "feedback", WORD, closings.operator)
    assert (answer.json()["status"], answer.json()["round"]) == ("assigned", 2)
    assert await closings.types(happy) == ["verified", "closed", "feedback_received"]
    assert await closings.types(unhappy) == ["verified", "closed", "feedback_received", "reopened"]
    story = (await closings.client.get(f"/complaints/{unhappy.id}", headers=closings.operator)).json()
    assert (story["timeline"][-1]["actor"], story["timeline"][-1]["data"]["reason"]) == ("rule", "没人来过")


async def test_after_the_window_a_bad_word_stays_a_word(closings: Closings) -> None:
    await closings.rules({"after_bad_word": "reopen"})
    history = await closings.verified()
    async with closings.engine.begin() as connection:
        late = sa.text(
            "UPDATE ledger_complaint SET closed_at = closed_at - interval '16 days' WHERE complaint_id = :id"
        )
        await connection.execute(late, {"id": history.id})
    answer = await closings.post(history, "feedback", WORD, closings.operator)
    assert (answer.json()["status"], answer.json()["satisfaction"]) == ("closed", "dissatisfied")


async def test_a_solved_matter_with_a_bad_rating_closes_first(closings: Closings) -> None:
    await closings.rules({**ASK_FIRST, "after_bad_word": "review"})
    history = await closings.verified()
    word = {"outcome": "reached", "satisfaction": "dissatisfied", "solved": True, "note": "拖了一周"}
    answer = await closings.call(history, await closings.task(history, "gate"), **word)
    assert answer.json()["status"] == "closed"
    assert (await closings.task(history, "review"))["state"] == "open"
    second = await closings.post(history, "feedback", WORD, closings.operator)
    assert code_of(second) == (409, "feedback-exists")

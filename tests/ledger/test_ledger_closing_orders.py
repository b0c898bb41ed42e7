"""Whatever order people verify, call, speak and decide in, and however often: the history is legal, the gates hold."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.lifecycle import EventType, Status, next_status
from histories import History, messages
from ledger.closings import ASK_FIRST, CODE, Closings
from ledger.conftest import As, Enter
from ledger_service.events.handler import SUBSCRIPTION

Act = Callable[[Closings, History], Any]
RULES: dict[str, dict[str, Any]] = {
    "media": {**ASK_FIRST, "calls": {"attempts": 2}, "after_bad_word": "reopen"},
    "hotline": {**ASK_FIRST, "calls": {"attempts": 2, "unreachable": "supervisor"}, "after_bad_word": "review"},
    "home_visit": {"gates": ["follow_up"], "calls": {"attempts": 1}},
    "grid_patrol": {"gates": [], "calls": {"sampled_percent": 100}, "after_bad_word": "review"},
    "resident_app": {"after_bad_word": "reopen"},
}
CALLS: dict[str, dict[str, Any]] = {
    "good": {"outcome": "reached", "satisfaction": "satisfied", "solved": True},
    "unhappy": {"outcome": "reached", "satisfaction": "dissatisfied", "solved": True},
    "unsolved": {"outcome": "reached", "satisfaction": "dissatisfied", "solved": False, "note": "还在"},
    "silent": {"outcome": "no_answer"},
    "wrong": {"outcome": "wrong_number"},
}
VERIFICATIONS: dict[str, dict[str, Any]] = {
    "pass": {"method": "photo"},
    "fail": {"method": "photo", "passed": False, "note": "还在"},
}
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("verify"), st.sampled_from(sorted(VERIFICATIONS))),
        st.tuples(st.just("call"), st.sampled_from(sorted(CALLS))),
        st.tuples(st.just("word"), st.booleans()),
        st.tuples(st.just("code"), st.booleans()),
        st.tuples(st.just("decide"), st.sampled_from(["reopen", "leave", "close", "rework"])),
        st.tuples(st.sampled_from(["work", "want", "closure", "reopening"]), st.none()),
    ),
    min_size=3,
    max_size=12,
)


async def work(closings: Closings, history: History) -> None:
    """Resolve it again, where another round waits for that."""
    shown = (await closings.client.get(f"/complaints/{history.id}", headers=closings.operator)).json()
    if shown["status"] != "assigned":
        return
    before = len(history.events)
    for step in (history.accepted, history.started, history.resolved):
        step()
    await SUBSCRIPTION.apply(closings.engine, messages(history.events[before:]))


async def step(closings: Closings, history: History, name: str, choice: Any) -> httpx.Response | None:
    """Do one of them; it may be refused."""
    word = {"satisfaction": "satisfied" if choice else "dissatisfied", "solved": bool(choice)}
    match name:
        case "work":
            await work(closings, history)
            return None
        case "verify":
            return await closings.post(history, "verification", VERIFICATIONS[choice], closings.inspector)
        case "closure" | "reopening" | "want":
            paths = {"closure": "closure", "reopening": "reopening", "want": "follow-ups"}
            body = {"reopening": {"reason": "又来了"}, "want": {"note": "再问一次"}}.get(name)
            return await closings.post(history, paths[name], body, closings.operator)
        case "word":
            return await closings.post(history, "feedback", word, closings.operator)
        case "code":
            number = f"{history.tenant}-{history.id.hex[-12:]}"
            return await closings.client.post("/feedback", json={"number": number, "query_code": CODE, **word})
    tasks = await closings.tasks(history)
    if not tasks:
        return None
    task = max(tasks, key=lambda each: (each["state"] in ("open", "supervisor"), each["round"]))
    if name == "decide":
        return await closings.decide(history, task, choice)
    return await closings.call(history, task, **CALLS[choice])


def check_story(source: str, story: dict[str, Any], tasks: list[dict[str, Any]]) -> None:
    """The history is one of the state table's, and no round was closed before its gates."""
    timeline = story["timeline"]
    assert all(one["to"] == other["from"] for one, other in pairwise(timeline))
    passed: set[str] = set()
    words = 0
    required = set(RULES[source].get("gates", ["verification"]))
    for line in timeline:
        event = EventType(line["type"])
        assert next_status(Status(line["from"]) if line["from"] else None, event) == line["to"]
        match event:
            case EventType.VERIFIED:
                passed.add("verification")
            case EventType.FOLLOWED_UP:
                words += "satisfaction" in line["data"]
                if line["data"]["done"] and line["data"].get("solved") is not False:
                    passed.add("follow_up")
            case EventType.FEEDBACK_RECEIVED:
                words += 1
            case EventType.CLOSED:
                assert passed >= required
                assert set(line["data"]["gates"]) == required
            case EventType.REWORK_ORDERED | EventType.REOPENED:
                passed, words = set(), 0
        assert words <= 1
    check_tasks(story, tasks)


def check_tasks(story: dict[str, Any], tasks: list[dict[str, Any]]) -> None:
    live = [task for task in tasks if task["state"] in ("open", "supervisor")]
    assert all(task["round"] == story["round"] for task in live)
    assert len({(task["round"], task["kind"]) for task in tasks if task["kind"] != "manual"}) == len(
        [task for task in tasks if task["kind"] != "manual"]
    )
    if story["status"] == "verified":
        assert [task["kind"] for task in live] == ["gate"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(source=st.sampled_from(sorted(RULES)), steps=STEPS)
async def test_any_order_of_steps_keeps_to_the_table_and_to_the_gates(
    client: httpx.AsyncClient,
    engine: AsyncEngine,
    enter: Enter,
    as_: As,
    source: str,
    steps: list[tuple[str, Any]],
) -> None:
    closings = Closings(client, engine, enter, as_)
    shown = (await client.get("/closing-rules", headers=closings.operator)).json()
    if shown["shipped"]:
        await closings.rules(*({"sources": [each], **rule} for each, rule in RULES.items()))
    history = await closings.resolved(source=source)
    for name, choice in steps:
        answer = await step(closings, history, name, choice)
        assert answer is None or answer.status_code in (200, 201, 409, 422), answer.text
    story = (await client.get(f"/complaints/{history.id}", headers=closings.operator)).json()
    check_story(source, story, await closings.tasks(history))

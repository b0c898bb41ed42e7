"""Appeals against ratings, and exclusions from figures, over REST."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.closing_events import AppealDecided, FollowedUp, RatingAppealed
from contracts.lifecycle import EventType
from contracts.roles import Role
from histories import OFFICER, OWNER, History
from ledger.conftest import As, Enter
from outboxes import published
from runtime import clock
from runtime.ids import uuid7

UNJUST = {"reason": "已按期处置，评价与事实不符"}


class Unit:
    """The unit, the reporter and the supervisor of one closed complaint."""

    def __init__(self, client: httpx.AsyncClient, engine: AsyncEngine, as_: As, enter: Enter) -> None:
        self.client = client
        self.engine = engine
        self.as_ = as_
        self.enter = enter

    async def closed(self, *, rated: bool = True) -> History:
        history = History().until_resolved()
        await self.enter(history)
        verified = await self.post(history, "verification", {"method": "photo"}, Role.INSPECTOR)
        assert verified.status_code == 200
        if rated:
            word = {"satisfaction": "dissatisfied", "solved": False}
            assert (await self.post(history, "feedback", word, Role.CITIZEN, OWNER)).status_code == 200
        return history

    async def post(self, history: History, what: str, body: Any, role: Role, subject: str | None = None) -> Any:
        path = f"/complaints/{history.id}/{what}"
        return await self.client.post(path, json=body, headers=self.as_(role, subject))

    async def appeal(self, history: History, role: Role = Role.OFFICER, subject: str | None = OFFICER) -> Any:
        return await self.post(history, "appeals", UNJUST, role, subject)

    async def decide(self, history: History, appeal: str, role: Role = Role.SUPERVISOR, **body: Any) -> Any:
        path = f"appeals/{appeal}/decision"
        return await self.post(history, path, {"upheld": True, "reason": "处置及时"} | body, role)

    async def story(self, history: History) -> list[dict[str, Any]]:
        answer = await self.client.get(f"/complaints/{history.id}", headers=self.as_(Role.SUPERVISOR))
        return list(answer.json()["timeline"])

    async def queue(self, *states: str) -> dict[str, str]:
        """Return the state of each appeal by the complaint's id."""
        params: dict[str, Any] = {"limit": 200, **({"state": states} if states else {})}
        page = await self.client.get("/appeals", params=params, headers=self.as_(Role.ANALYST))
        return {item["complaint"]["id"]: item["state"] for item in page.json()["items"]}


@pytest.fixture
def unit(client: httpx.AsyncClient, engine: AsyncEngine, as_: As, enter: Enter) -> Unit:
    return Unit(client, engine, as_, enter)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


async def test_an_appeal_is_decided_by_a_supervisor_and_the_word_stays(unit: Unit) -> None:
    history = await unit.closed()
    made = await unit.appeal(history)
    assert made.status_code == 201, made.text
    appeal = made.json()
    assert (appeal["state"], appeal["appealed_by"], appeal["reason"]) == ("pending", OFFICER, UNJUST["reason"])
    timeline = await unit.story(history)
    assert appeal["rating"] == timeline[-2]["event_id"]
    assert (await unit.queue())[str(history.id)] == "pending"
    decided = await unit.decide(history, appeal["id"])
    assert (decided.status_code, decided.json()["satisfaction"]) == (200, "dissatisfied")
    assert str(history.id) not in await unit.queue()
    assert (await unit.queue("upheld", "rejected"))[str(history.id)] == "upheld"
    last = (await unit.story(history))[-1]
    assert (last["label"]["zh"], last["data"]) == (
        "申诉裁定",
        {"actor": "supervisor-1", "appeal": appeal["id"], "upheld": True, "reason": "处置及时"},
    )
    owner = unit.as_(Role.CITIZEN, OWNER)
    seen = (await unit.client.get(f"/complaints/{history.id}", headers=owner)).json()["timeline"]
    assert [line["data"] for line in seen[-2:]] == [{}, {}]
    assert code(await unit.decide(history, appeal["id"])) == (409, "appeal-not-pending")
    assert code(await unit.appeal(history, Role.DISPATCHER, None)) == (409, "appeal-exists")


async def test_who_may_appeal_and_who_decide(unit: Unit) -> None:
    history = await unit.closed()
    assert code(await unit.appeal(history, Role.OFFICER, "officer-9")) == (403, "appeal-not-yours")
    assert (await unit.appeal(history, Role.CITIZEN, OWNER)).status_code == 403
    both = unit.as_(Role.DISPATCHER, "supervisor-1")
    made = await unit.client.post(f"/complaints/{history.id}/appeals", json=UNJUST, headers=both)
    assert made.status_code == 201
    assert code(await unit.decide(history, made.json()["id"])) == (403, "decider-asked")
    assert (await unit.decide(history, made.json()["id"], Role.DISPATCHER)).status_code == 403
    assert (await unit.decide(history, made.json()["id"], reason="")).status_code == 422


async def test_there_has_to_be_a_rating_of_a_closed_complaint(unit: Unit) -> None:
    silent = await unit.closed(rated=False)
    assert code(await unit.appeal(silent)) == (409, "rating-missing")
    history = await unit.closed()
    await unit.post(history, "reopening", {"reason": "又有了"}, Role.SUPERVISOR)
    refused = await unit.appeal(history)
    assert (*code(refused), refused.json()["present"]["status"]) == (409, "illegal-transition", "assigned")


async def test_the_window_is_counted_from_the_rating(unit: Unit, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    history = await unit.closed()
    late = clock.now() + app.state.appeal_window
    monkeypatch.setattr(clock, "now", lambda: late)
    answer = await unit.appeal(history)
    assert code(answer) == (409, "appeal-too-late")
    assert answer.json()["until"] < late.isoformat()


async def test_another_round_makes_the_rating_history_and_the_appeal_lapse(unit: Unit) -> None:
    history = await unit.closed()
    appeal = (await unit.appeal(history)).json()["id"]
    await unit.post(history, "reopening", {"reason": "又有了"}, Role.SUPERVISOR)
    assert (await unit.queue("lapsed"))[str(history.id)] == "lapsed"
    assert code(await unit.decide(history, appeal)) == (409, "appeal-not-pending")


async def test_a_follow_up_call_that_brought_a_word_can_be_appealed_against(unit: Unit) -> None:
    history = await unit.closed(rated=False)
    # calls come from the ledger itself; a ledger that lost them finds them on the topic
    history.events += [history.events[-1]._replace(source="ledger", sequence=number) for number in (1, 2)]
    facts = {"actor": "operator-1", "task": uuid7(), "attempt": 1, "outcome": "reached", "done": True}
    word = FollowedUp.model_validate(facts | {"satisfaction": "dissatisfied", "solved": False})
    silent = FollowedUp.model_validate(facts | {"outcome": "no_answer"})
    calls = [history.event(EventType.FOLLOWED_UP, data)._replace(time=clock.now()) for data in (word, silent)]
    lost = History()
    lost.id, lost.events = history.id, calls
    await unit.enter(lost)
    made = await unit.appeal(history)
    assert (made.status_code, made.json().get("rating")) == (201, str(calls[0].id)), made.text


async def test_a_ledger_that_lost_its_own_events_knows_its_appeals(unit: Unit) -> None:
    history = await unit.closed()
    history.events += [history.events[-1]._replace(source="ledger", sequence=number) for number in (1, 2, 3)]
    rating = (await unit.story(history))[-1]["event_id"]
    made = history.event(EventType.RATING_APPEALED, RatingAppealed(actor=OFFICER, rating=rating, **UNJUST))
    decided = history.event(
        EventType.APPEAL_DECIDED, AppealDecided(actor="supervisor-1", appeal=made.id, upheld=False, reason="属实")
    )
    lost = History()
    lost.id, lost.events = history.id, [made, decided]
    await unit.enter(lost)
    assert (await unit.queue("rejected"))[str(history.id)] == "rejected"
    assert code(await unit.appeal(history)) == (409, "appeal-exists")


async def test_a_complaint_is_taken_out_of_figures_and_back_into_them(unit: Unit) -> None:
    history = History().until_resolved()
    await unit.enter(history)

    async def exclude(**body: Any) -> Any:
        facts = {"indicators": "timeliness", "reason": "台风停工"} | body
        return await unit.post(history, "exclusion", facts, Role.SUPERVISOR)

    first = await exclude()
    assert (first.status_code, first.json()["status"], first.json()["version"]) == (200, "resolved", 6)
    assert code(await exclude()) == (409, "exclusion-stands")
    assert code(await exclude(indicators="satisfaction", excluded=False)) == (409, "exclusion-stands")
    assert (await exclude(indicators="all")).status_code == 200
    assert (await exclude(excluded=False, reason="已核实")).status_code == 200
    assert (await exclude()).status_code == 200
    assert (await exclude(indicators="speed")).json()["errors"][0]["pointer"] == "/indicators"
    assert (await unit.post(history, "exclusion", {}, Role.DISPATCHER)).status_code == 403
    told = [line for line in await unit.story(history) if line["type"] == "complaint.excluded"]
    assert [(line["data"]["indicators"], line["data"]["excluded"]) for line in told] == [
        ("timeliness", True),
        ("all", True),
        ("timeliness", False),
        ("timeliness", True),
    ]
    first, *_ = await published(unit.engine, history.id)
    assert first["data"] == {
        "actor": "supervisor-1",
        "indicators": "timeliness",
        "excluded": True,
        "reason": "台风停工",
    }

"""What is done to a case late or to many at once: sync of offline actions, bulk, supervision orders, renewed clocks."""

import asyncio
import uuid
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from contracts.envelope import Event
from dispatch.asking import WHY, shown
from dispatch.life_model import ILLEGAL, Life
from dispatch.offline import codes, item, outcomes, sync
from dispatch.world import World
from dispatch_service.service.clockworks import Clockworks
from dispatch_service.service.missed_orders import tell_missed
from dispatch_service.service.renewing import renew_clocks

Answer = TypeVar("Answer")

teams = st.sampled_from(["team-01", "team-08", "team-09", "team-10", "team-11"])
rarely = st.integers(0, 9).map(lambda number: number == 9)
assigners = st.sampled_from(["dispatcher", "supervisor"])
grades = st.sampled_from(["ordinary", "urgent", "emergency"])
some_grades = st.none() | grades
KINDS = ["return", "suspension", "extension", "resumption"]
OFFICERS = {False: "officer-demo", True: "officer-0101"}
"""By whether it is a stranger, who is a member of team-01 only; officer-demo is one of every team."""
CONFLICTS = {ILLEGAL, "not-your-team", "precondition-failed"}
RECKONED = ("promised_at", "warn_at", "twice_at", "sequence")
NEXT = {"assigned": "accept", "accepted": "start", "in_progress": "resolve", "suspended": "resumption"}
OFFLINE: dict[str, Callable[[Life, bool], str]] = {
    "accept": lambda life, stranger: life.step("accepted", "assigned", "accepted", stranger=stranger),
    "start": lambda life, stranger: life.step("started", "accepted", "in_progress", stranger=stranger),
    "resolve": lambda life, stranger: life.resolve("guidance", passed=None, stranger=stranger),
    "suspension": lambda life, stranger: life.ask("suspension", stranger=stranger),
    "resumption": lambda life, stranger: life.ask("resumption", stranger=stranger),
    "return": lambda life, stranger: life.ask("return", stranger=stranger),
    "note": lambda _life, _stranger: "",
}


def outcome(answer: Any) -> str:
    """Return the code of a refusal, "" for none."""
    return "" if answer.status_code == 200 else code_of(answer.json())


def code_of(problem: Any) -> str:
    """Return the code of a problem, that of its field where it is about one."""
    code = str(problem["type"]).rpartition(":")[2]
    if code == "illegal-transition":
        assert problem["present"]["status"], problem
    return str(problem["errors"][0]["code"]) if code == "validation-failed" else code


class LivesAtOnce(RuleBasedStateMachine):
    """One case, and those who act on it from afar."""

    world: World
    loop: asyncio.AbstractEventLoop
    life: Life
    event: Event
    draw: Any
    version: int
    own_changes: dict[tuple[str, int], int]
    """Which version an officer's device has made of which."""

    def do(self, coroutine: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    def act(self, action: str, body: object, role: str, **options: Any) -> str:
        return outcome(self.do(self.world.act(self.event, action, body, role=role, **options)))

    def put_back(self, column: str, table: str = "dispatch_case") -> None:
        """Let the time of a column be over, where there is one."""
        statement = (
            f"UPDATE {table} SET {column} = now() - interval '1 s' WHERE complaint_id = :id AND {column} IS NOT NULL"
        )
        self.do(self.world.run(statement, id=self.event.subject))

    def supervise(self) -> None:
        expected = self.life.supervise()
        assert self.act("supervision", self._order(), "supervisor") == expected

    def supervision(self) -> None:
        """Answer the newest order, take it back, or let all deadlines pass."""
        if not self.life.supervised:
            return
        what, stranger = self.draw(st.sampled_from(["reply", "reply", "withdrawal", "missed"])), self.draw(rarely)
        if what == "missed":
            self.life.orders_are_missed()
            self.put_back("deadline", "supervision_order")
            self.do(tell_missed(self.world.engine))
            return
        path = f"supervision/{self.do(shown(self.world, self.event))['supervision'][-1]['id']}/{what}"
        if what == "reply":
            expected = self.life.reply(stranger=stranger)
            assert self.act(path, {"text": "x"}, "officer", subject=OFFICERS[stranger]) == expected
        else:
            expected = self.life.take_back_order()
            assert self.act(path, WHY, "supervisor") == expected

    def bulk(self) -> None:
        """Do it by the route for many, and once more: what was done is not done again."""
        action = self.draw(st.sampled_from(["assign", "grade", "approval", "supervision"]))
        role = "supervisor" if action == "supervision" else self.draw(assigners)
        body, expected = self._at_the_desk(action, supervisor=role == "supervisor")
        given = {"action": action, "body": body, "cases": [str(self.event.subject)]}
        key = {"Idempotency-Key": str(uuid.uuid4())}
        for _ in range(2):
            path = "/dispatch/v1/cases/bulk"
            answer = self.do(self.world.send("POST", path, role=role, json=given, headers=key)).json()
            [done] = answer["items"]
            assert (code_of(done["problem"]) if done["problem"] else "") == expected
            assert (answer["done"], done["status"] == 200) == (int(not expected), not expected)

    def _at_the_desk(self, action: str, *, supervisor: bool) -> tuple[dict[str, Any], str]:
        """Return the body of an action, and what the model says of it."""
        if action == "supervision":
            return self._order(), self.life.supervise()
        if action == "assign":
            team, grade = self.draw(teams), self.draw(some_grades)
            body = {"team": team} if grade is None else {"team": team, "grade": grade}
            return body, self.life.assign(team, supervisor=supervisor, grade=grade)
        if action == "grade":
            grade = self.draw(grades)
            return {"grade": grade}, self.life.assign(self.life.team, supervisor=supervisor, grade=grade)
        kind, approved = self.draw(st.sampled_from(KINDS)), self.draw(st.booleans())
        is_open = self.life.asked.get(kind) == "open"
        expected = self.life.decide(kind, approved=approved, own=False, team=None) if is_open else "request-not-found"
        return {"kind": kind, "approved": approved}, expected

    def _order(self) -> dict[str, Any]:
        return {"text": "x", "deadline": (datetime.now(UTC) + timedelta(days=1)).isoformat()}

    def sync(self) -> None:
        """Send what was done offline, and send it again: each gets the first answer, and nothing is done twice."""
        stranger = self.draw(rarely)
        seen = self.draw(st.sampled_from([None, self.version, max(1, self.version - 1)]))
        items: list[dict[str, Any]] = []
        expected: list[str] = []
        for _ in range(self.draw(st.integers(1, 3))):
            name = self.draw(st.sampled_from([NEXT.get(self.life.status, "note"), *OFFLINE]))
            body = {"body": WHY} if name in KINDS else {}
            items.append(item(self.event, name, minutes_ago=0, version=seen, **body))
            is_held = any(code for code in expected)
            expected.append("held" if is_held else self._offline(name, seen, stranger=stranger))
        words = [_word(code) for code in expected]
        told = [None if code in {"", "held"} else code for code in expected]

        first = self.do(sync(self.world, *items, subject=OFFICERS[stranger]))
        again = self.do(sync(self.world, *items, subject=OFFICERS[stranger]))
        assert (outcomes(first), codes(first)) == (words, told)
        assert outcomes(again) == [word if word == "held_back" else f"{word}*" for word in words]
        assert [each["case"] for each in again] == [each["case"] for each in first]

    def _offline(self, name: str, seen: int | None, *, stranger: bool) -> str:
        """Let one of them happen to the model; return the code of its refusal."""
        officer, version = OFFICERS[stranger], self.version
        while (officer, seen) in self.own_changes:
            seen = self.own_changes[officer, seen or 0]
        if seen not in {None, version}:
            return "precondition-failed"
        before = len(self.life.events)
        refusal = OFFLINE[name](self.life, stranger)
        if len(self.life.events) > before:
            self.version += 1
            self.own_changes[officer, version] = self.version
        return refusal

    @invariant()
    def a_clock_that_was_moved_is_what_reckoning_it_from_the_beginning_gives(self) -> None:
        if not self.life.is_open or not any(self.life.granted.values()):
            return
        before = self.do(self.world.row(self.event))
        stale = "UPDATE dispatch_case SET clock_version = -1 WHERE complaint_id = :id"
        self.do(self.world.run(stale, id=self.event.subject))
        self.do(renew_clocks(self.world.engine, Clockworks()))
        after = self.do(self.world.row(self.event))
        assert [after[name] for name in RECKONED] == [before[name] for name in RECKONED]


def _word(code: str) -> str:
    if code in {"", "held"}:
        return "held_back" if code else "done"
    return "conflict" if code in CONFLICTS else "refused"

"""Any sequence of actions by anybody, through REST and events, gives what a plain model of the life of a case gives.

JIEBAN_MODEL_EXAMPLES and JIEBAN_MODEL_STEPS make the search longer than a test run can afford.
"""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from contracts.envelope import Event
from contracts.lifecycle import EventType, Status, next_status
from dispatch.asking import ask, decide, moment, shown
from dispatch.life_at_once import KINDS, OFFICERS, LivesAtOnce, assigners, outcome, rarely, some_grades, teams
from dispatch.life_model import Life
from dispatch.world import World, ending_decided, later, received
from dispatch_service.service.reinspections import tell_due
from dispatch_service.service.timers import fire_due

EXAMPLES = int(os.environ.get("JIEBAN_MODEL_EXAMPLES", "8"))
STEPS = int(os.environ.get("JIEBAN_MODEL_STEPS", "25"))

some_teams = st.none() | teams
modes = st.sampled_from(["guidance", "rectification_within_limit", "case_filed"])
SUGGESTED = {
    "received": ["assign", "assign", "confer", "level_passes", "bulk"],
    "assigned": [
        *("accept", "accept", "ask", "decide", "transfer"),
        *("assign", "support", "sync", "bulk", "supervise"),
    ],
    "accepted": [
        *("start", "ask", "decide", "grant", "grant"),
        *("support", "level_passes", "sync", "bulk", "supervision"),
    ],
    "in_progress": [
        *("resolve", "order", "inspect", "rectification_ends", "ask", "decide", "grant", "grant", "transfer"),
        *("sync", "supervise", "supervision"),
    ],
    "suspended": ["ask", "decide", "grant", "grant", "sync", "bulk", "supervise"],
    "transferred": ["answer", "recall", "level_passes", "bulk"],
    "resolved": ["begin_round", "supervision"],
    "closed": ["begin_round"],
}
"""What people do with a case in a state; what comes more than once is done more often."""
ASKED_FOR = {"assigned": ["return"], "suspended": ["resumption"]}
ANYTHING = {name for names in SUGGESTED.values() for name in names} | {"withdraw", "end"}


class Lives(LivesAtOnce):
    """One case, and everybody who has to do with it."""

    @initialize()
    def receive(self) -> None:
        self.life = Life()
        self.event = received(category=None)
        self.ledgers = 0
        self.promised_at: datetime | None = None
        self.version = 0
        self.own_changes = {}
        self.do(self.world.deliver(self.event))

    @rule(data=st.data())
    def somebody_acts(self, data: st.DataObject) -> None:
        """Mostly do what the state suggests, and every sixth time anything."""
        names = sorted(ANYTHING) if data.draw(st.integers(0, 5)) == 5 else SUGGESTED.get(self.life.status, ["ask"])
        self.draw = data.draw
        getattr(self, data.draw(st.sampled_from(names)))()

    def accept(self) -> None:
        stranger = self.draw(rarely)
        expected = self.life.step("accepted", "assigned", "accepted", stranger=stranger)
        assert self.act("accept", None, "officer", subject=OFFICERS[stranger]) == expected

    def start(self) -> None:
        stranger = self.draw(rarely)
        expected = self.life.step("started", "accepted", "in_progress", stranger=stranger)
        assert self.act("start", None, "officer", subject=OFFICERS[stranger]) == expected

    def resolve(self) -> None:
        mode, passed, stranger = self.draw(modes), self.draw(st.none() | st.booleans()), self.draw(rarely)
        expected = self.life.resolve(mode, passed=passed, stranger=stranger)
        inspection = {} if passed is None else {"reinspection": {"passed": passed}}
        body = {"handling_mode": mode, "result": "x", **inspection}
        assert self.act("resolve", body, "officer", subject=OFFICERS[stranger]) == expected

    def assign(self) -> None:
        team, role, grade = self.draw(teams), self.draw(assigners), self.draw(some_grades)
        expected = self.life.assign(team, supervisor=role == "supervisor", grade=grade)
        assert self.act("assign", {"team": team} if grade is None else {"team": team, "grade": grade}, role) == expected

    def confer(self) -> None:
        lead, supporting, role = self.draw(teams), self.draw(st.sets(teams, max_size=2)), self.draw(assigners)
        expected = self.life.confer(lead, supporting, supervisor=role == "supervisor")
        body = {
            "participants": ["team-01", "team-08"],
            "record": "x",
            "decision": {"lead": lead, "supporting": sorted(supporting)},
            "held_at": datetime.now(UTC).isoformat(),
        }
        assert self.act("conference", body, role) == expected

    def support(self) -> None:
        team = self.draw(teams)
        expected = self.life.support(team)
        path = f"/dispatch/v1/cases/{self.event.subject}/support/{team}"
        assert outcome(self.do(self.world.send("PUT", path, role="dispatcher"))) == expected

    def ask(self) -> None:
        kind, stranger = self.draw(st.sampled_from(ASKED_FOR.get(self.life.status, KINDS))), self.draw(rarely)
        expected = self.life.ask(kind, stranger=stranger)
        assert outcome(self.do(ask(self.world, self.event, kind, subject=OFFICERS[stranger]))) == expected

    def decide(self) -> None:
        if not self.life.asked:
            return
        still_open = sorted(kind for kind, state in self.life.asked.items() if state == "open")
        kind = self.draw(st.sampled_from(still_open or sorted(self.life.asked)))
        approved, own = self.draw(st.integers(0, 3)) < 3, self.draw(rarely)
        team = self.draw(some_teams) if kind == "return" and approved else None
        expected = self.life.decide(kind, approved=approved, own=own, team=team)
        subject = "officer-demo" if own else "dispatcher-demo"
        answer = self.do(decide(self.world, self.event, kind, approved=approved, team=team, subject=subject))
        assert outcome(answer) == expected

    def grant(self) -> None:
        """Ask for another time and get it, unless that is refused."""
        kind = self.draw(st.sampled_from(ASKED_FOR.get(self.life.status, ["suspension", "extension"])))
        expected = self.life.ask(kind, stranger=False)
        assert outcome(self.do(ask(self.world, self.event, kind))) == expected
        if not expected:
            expected = self.life.decide(kind, approved=True, own=False, team=None)
            assert outcome(self.do(decide(self.world, self.event, kind))) == expected

    def transfer(self) -> None:
        expected = self.life.transfer()
        body = {"department": "water", "external_ref": "1", "reason": "x"}
        assert self.act("transfer", body, "dispatcher") == expected

    def recall(self) -> None:
        team = self.draw(some_teams)
        expected = self.life.recall(team)
        body = {"reason": "x"} if team is None else {"reason": "x", "team": team}
        assert self.act("transfer/recall", body, "dispatcher") == expected

    def answer(self) -> None:
        expected = self.life.answer()
        body = {"handling_mode": "guidance", "result": "x", "answered_at": datetime.now(UTC).isoformat()}
        assert self.act("transfer/answer", body, "dispatcher") == expected

    def order(self) -> None:
        expected = self.life.order()
        body = {"notice": "x", "until": (datetime.now(UTC) + timedelta(days=1)).isoformat()}
        assert self.act("rectification", body, "officer") == expected

    def inspect(self) -> None:
        passed = self.draw(st.booleans())
        expected = self.life.inspect(passed=passed)
        assert self.act("reinspection", {"passed": passed}, "officer") == expected

    def rectification_ends(self) -> None:
        self.life.rectification_ends()
        self.put_back("rectify_until")
        self.do(tell_due(self.world.engine))

    def level_passes(self) -> None:
        if self.life.is_running:
            self.life.level_passes()
            self.put_back("timer_at")
            self.do(fire_due(self.world.engine, self.world.clockworks))

    def begin_round(self) -> None:
        ways = {"resolved": [["verified", "closed", "reopened"], ["rework_ordered"]], "closed": [["reopened"]]}
        if self.life.status not in ways:
            return
        told = self.draw(st.sampled_from(ways[self.life.status]))
        self.life.begin_round(*told)
        for name in told:
            self.tell(later(self.event, EventType(f"complaint.{name}"), sequence=self.ledgers + 1))

    def withdraw(self) -> None:
        if self.draw(rarely):
            self.life.withdraw()
            self.do(self.world.deliver(later(self.event, EventType.RELEASE_REQUESTED)))

    def end(self) -> None:
        if self.draw(rarely):
            ending = self.draw(st.sampled_from(["voided", "force_closed"]))
            self.life.end(ending)
            word = "voided" if ending == "voided" else "closed"
            self.tell(ending_decided(self.event, word, sequence=self.ledgers + 1))
            if self.life.story[-1] != "ending_decided":
                self.tell(later(self.event, EventType(f"complaint.{self.life.story[-1]}"), sequence=self.ledgers + 1))

    def tell(self, event: Event) -> None:
        """Deliver the next event of the ledger."""
        self.ledgers += 1
        self.do(self.world.deliver(event))

    @invariant()
    def the_case_is_as_the_model_has_it(self) -> None:
        case, life = self.do(shown(self.world, self.event)), self.life
        facts = (case["status"], case["team"]["code"], case["responsible_team"], case["round"], case["reinspection"])
        assert facts == (life.status, life.team, life.responsible, life.round, life.reinspection)
        assert case["grade"] == life.grade
        orders = [(each["reply"] is not None, each["withdrawn_at"] is not None) for each in case["supervision"]]
        assert orders == [(state == "replied", state == "withdrawn") for state in life.supervised]
        assert [each["team"] for each in case["supporting"]] == sorted(life.supporting)
        assert len(case["returns"]) == life.returns
        assert len([each for each in case["returns"] if each["round"] == life.round]) == len(life.returned_by)
        assert case["version"] >= self.version
        self.version = case["version"]
        self.the_clock_has_lost_no_time(case)

    def the_clock_has_lost_no_time(self, case: Any) -> None:
        """The promised time moves only where somebody has given more, and then it is later."""
        promised_at = moment(case["promised_at"])
        if self.promised_at is not None and promised_at != self.promised_at:
            assert self.life.promise_moved, self.life.events[-1]
            assert promised_at > self.promised_at or self.life.events[-1] == "assigned"
        self.promised_at, self.life.promise_moved = promised_at, False
        if self.life.is_open:
            assert case["light"] is not None
        if self.life.is_running:
            left = (promised_at - datetime.now(UTC)).total_seconds()
            assert left - 1 <= case["remaining_seconds"] <= left + 30

    @invariant()
    def the_history_is_legal_and_without_gaps(self) -> None:
        published = self.do(self.world.published(self.event))
        assert [row["type"] for row in published] == [f"complaint.{name}" for name in self.life.events]
        assert [row["sequence"] for row in published] == list(range(1, len(published) + 1))
        status: Status | None = None
        for name in self.life.story:
            status = next_status(status, EventType(f"complaint.{name}"))
        assert status == self.life.status or self.life.status == "withdrawn"


@pytest.mark.timeout(300 + EXAMPLES * STEPS)
async def test_every_life_agrees_with_a_plain_model(world: World) -> None:
    await world.send("PUT", "/dispatch/v1/departments/water", role="admin", json={"name": "水务局"})
    Lives.world, Lives.loop = world, asyncio.get_running_loop()
    search = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],  # looking for a shorter story would take minutes
        suppress_health_check=list(HealthCheck),
    )
    await asyncio.to_thread(run_state_machine_as_test, Lives, settings=search)

"""What the life of a case should be, in plain Python: each action returns the code of its refusal, "" for none."""

from collections.abc import Collection
from dataclasses import dataclass, field

MOST_RETURNS, MOST_ORDERS, MOST_GRANTED = 3, 2, 2
STRANGERS_TEAM = "team-01"
ILLEGAL = "illegal-transition"
_WORKING = frozenset({"accepted", "in_progress"})
_WITH_UNIT = _WORKING | {"assigned"}
_RUNNING = _WITH_UNIT | {"received"}
_WITHDRAWABLE = _RUNNING | {"suspended"}
_OPEN = _WITHDRAWABLE | {"transferred"}
_ASKED_IN = {"extension": _WORKING, "suspension": _WORKING, "resumption": {"suspended"}, "return": _WITH_UNIT}
_EVENTS = {"extension": "extended", "suspension": "suspended", "resumption": "resumed", "return": "returned"}


@dataclass
class Life:
    """One case. `events` are dispatch's own, `story` has the other services' among them."""

    status: str = "assigned"
    team: str = "team-08"
    responsible: str = "team-08"
    round: int = 1
    returned_by: list[str] = field(default_factory=list)
    returns: int = 0
    """In all rounds."""
    in_conference: bool = False
    supporting: set[str] = field(default_factory=set)
    reinspection: str | None = None
    orders: int = 0
    granted: dict[str, int] = field(default_factory=lambda: {"extension": 0, "suspension": 0})
    asked: dict[str, str] = field(default_factory=dict)
    """The state of the newest request of each kind."""
    escalated: int = 0
    grade: str = "ordinary"
    supervised: list[str] = field(default_factory=list)
    """The state of each order of a supervisor, the oldest first."""
    events: list[str] = field(default_factory=lambda: ["assigned"])
    story: list[str] = field(default_factory=lambda: ["received", "assigned"])
    promise_moved: bool = False
    """Whether the last action was one that gives the case another promised time."""

    @property
    def is_running(self) -> bool:
        return self.status in _RUNNING | {"transferred"}

    @property
    def is_open(self) -> bool:
        return self.status in _OPEN

    def step(self, event: str, source: str, target: str, *, stranger: bool) -> str:
        """Accept or start."""
        if refusal := self._refused(stranger, {source}):
            return refusal
        if event == "accepted":
            self.responsible = self.team
        return self._happened(event, target)

    def assign(self, team: str, *, supervisor: bool, grade: str | None = None) -> str:
        if self.status not in {"received", "assigned"}:
            return ILLEGAL
        if len(self.returned_by) >= MOST_RETURNS:
            if not supervisor:
                return "supervisor-decides"
        elif team in self.returned_by:
            return "unit-has-returned"
        self.promise_moved = grade not in {None, self.grade}
        self.grade = grade or self.grade
        return self._give(team)

    def supervise(self) -> str:
        if self.status not in _WITHDRAWABLE:
            return ILLEGAL
        self.supervised.append("open")
        return self._happened("escalated", self.status)

    def reply(self, *, stranger: bool) -> str:
        return self._refused(stranger, {self.status}) or self._settle_order("replied")

    def take_back_order(self) -> str:
        return self._settle_order("withdrawn")

    def orders_are_missed(self) -> None:
        """All deadlines are over; each is told of once."""
        for place, state in enumerate(self.supervised):
            if state == "open" and self.status not in {"withdrawn", "voided"}:
                self.supervised[place] = "missed"
                self._happened("order_missed", self.status)

    def _settle_order(self, state: str) -> str:
        if self.supervised[-1] not in {"open", "missed"}:
            return "request-settled"
        self.supervised[-1] = state
        return self._happened(f"order_{state}", self.status)

    def confer(self, lead: str, supporting: Collection[str], *, supervisor: bool) -> str:
        if self.status not in {"received", "assigned"}:
            return ILLEGAL
        if len(self.returned_by) >= MOST_RETURNS and not supervisor:
            return "supervisor-decides"
        if lead in supporting:
            return "lead-supports"
        self.in_conference, self.supporting = True, set(supporting)
        return self._give(lead)

    def support(self, team: str) -> str:
        if self.status not in _OPEN:
            return ILLEGAL
        if team == self.team:
            return "lead-supports"
        self.supporting.add(team)
        return ""

    def ask(self, kind: str, *, stranger: bool) -> str:
        if refusal := self._refused(stranger, _ASKED_IN[kind]):
            return refusal
        if kind == "return":
            if len(self.returned_by) >= MOST_RETURNS:
                return "returned-too-often"
            if self.in_conference:
                return "decided-in-conference"
        elif self.granted.get(kind, 0) >= MOST_GRANTED:
            return "too-many-requests-for-case"
        if self.asked.get(kind) == "open":
            return "request-open"
        self.asked[kind] = "open"
        return ""

    def decide(self, kind: str, *, approved: bool, own: bool, team: str | None) -> str:
        if self.asked[kind] != "open":
            return "request-settled"
        if own:
            return "own-request"
        if not approved:
            self.asked[kind] = "refused"
            return ""
        if self.status not in _ASKED_IN[kind]:
            return ILLEGAL
        if kind == "return":
            return self._approve_return(team)
        self.asked[kind] = "approved"
        if kind in self.granted:
            self.granted[kind] += 1
        self.promise_moved = kind != "suspension"
        if kind == "extension":
            self.escalated = 0  # all levels lie ahead again
        target = {"suspension": "suspended", "resumption": "in_progress"}.get(kind, self.status)
        return self._happened(_EVENTS[kind], target)

    def _approve_return(self, team: str | None) -> str:
        before = [*self.returned_by, self.team]
        if team is not None and len(before) >= MOST_RETURNS:
            return "supervisor-decides"
        if team in before:
            return "unit-has-returned"
        self.returned_by = before
        self.returns += 1
        self._come_back()
        self.asked["return"] = "approved"
        return "" if team is None else self._give(team)

    def transfer(self) -> str:
        if self.status not in _WITH_UNIT:
            return ILLEGAL
        self._drop()
        return self._happened("transferred", "transferred")

    def answer(self) -> str:
        return self._finish() if self.status == "transferred" else ILLEGAL

    def recall(self, team: str | None) -> str:
        if self.status != "transferred":
            return ILLEGAL
        if team is not None and len(self.returned_by) >= MOST_RETURNS:
            return "supervisor-decides"
        if team in self.returned_by:
            return "unit-has-returned"
        self._come_back()
        return "" if team is None else self._give(team)

    def order(self) -> str:
        if self.status != "in_progress":
            return ILLEGAL
        if self.reinspection in {"ordered", "due"}:
            return "rectification-open"
        if self.orders >= MOST_ORDERS:
            return "too-many-rectifications"
        self.orders += 1
        self.reinspection = "ordered"
        return self._happened("rectification_ordered", self.status)

    def inspect(self, *, passed: bool) -> str:
        if self.status != "in_progress":
            return ILLEGAL
        if self.reinspection not in {"ordered", "due"}:
            return "no-rectification"
        self.reinspection = "passed" if passed else "failed"
        return ""

    def rectification_ends(self) -> None:
        if self.reinspection == "ordered" and self.status == "in_progress":
            self.reinspection = "due"
            self._happened("reinspection_due", self.status)

    def level_passes(self) -> None:
        if self.escalated < 3:
            self.escalated += 1
            self._happened("escalated", self.status)

    def resolve(self, mode: str, *, passed: bool | None, stranger: bool) -> str:
        if refusal := self._refused(stranger, {"in_progress"}):
            return refusal
        state = self.reinspection
        if passed is not None:
            if state not in {"ordered", "due"}:
                return "no-rectification"
            state = "passed" if passed else "failed"
        if state in {"ordered", "due"}:
            return "reinspection-missing"
        if state == "failed" and mode != "case_filed":
            return "reinspection-failed"
        if state is None and mode == "rectification_within_limit":
            return "no-rectification"
        return self._finish()

    def begin_round(self, *told: str) -> None:
        """The ledger has said so, by the events `told`."""
        self.story += told
        self.round += 1
        self.returned_by, self.in_conference, self.orders, self.escalated = [], False, 0, 0
        self.granted = dict.fromkeys(self.granted, 0)
        self.promise_moved = True
        self._happened("assigned", "assigned")

    def withdraw(self) -> None:
        self.story.append("release_requested")
        if self.status in _WITHDRAWABLE:
            self._drop()
            self.reinspection, self.responsible = None, self.team
            self._happened("released", "withdrawn")
        else:
            self._happened("release_refused", self.status)

    def end(self, ending: str) -> None:
        """The ledger has decided to void it, or to close it by force: what is done it ends itself."""
        self.story.append("ending_decided")
        if self.status in _OPEN:
            self._happened("released", "voided" if ending == "voided" else "closed")
        else:
            self._happened("release_refused", self.status)
        if self.status == "resolved" or self.events[-1] == "released":
            self.status = "voided" if ending == "voided" else "closed"
            self.story.append(ending)
            self._drop()
            self.reinspection, self.responsible = None, self.team

    def _refused(self, stranger: bool, sources: Collection[str]) -> str:
        if stranger and self.team != STRANGERS_TEAM:
            return "not-your-team"
        return "" if self.status in sources else ILLEGAL

    def _give(self, team: str) -> str:
        self.responsible = self.responsible if self.status == "received" or self._was_returned else team
        self.team = team
        self.supporting.discard(team)
        self._drop()
        return self._happened("assigned", "assigned")

    @property
    def _was_returned(self) -> bool:
        """Whether the case waits for a unit that accepts it after one that has given it back."""
        since = [event for event in self.events if event in {"returned", "accepted", "resolved"}]
        return since[-1:] == ["returned"]

    def _come_back(self) -> None:
        self._drop()
        self._happened("returned", "received")

    def _finish(self) -> str:
        self._drop()
        self.reinspection, self.responsible = None, self.team
        return self._happened("resolved", "resolved")

    def _drop(self) -> None:
        self.asked = {kind: "dropped" if state == "open" else state for kind, state in self.asked.items()}

    def _happened(self, event: str, target: str) -> str:
        self.events.append(event)
        self.story.append(event)
        self.status = target
        return ""

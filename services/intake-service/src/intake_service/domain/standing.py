"""How a complaint stands for its reporter: what was promised, its light, and what the reporter can do now."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from contracts.lifecycle import ENDED, TRANSITIONS, EventType, Status
from intake_service.domain.step_texts import kind_of

Light = Literal["green", "yellow", "red"]
"""To 80 % of the time to resolve it, to 100 %, and beyond."""
Doing = Literal["supplement", "withdraw", "answer", "give_feedback"]
RUNNING = frozenset({Status.RECEIVED, Status.ASSIGNED, Status.ACCEPTED, Status.IN_PROGRESS, Status.TRANSFERRED})
"""Where the clock runs, unless the bureau waits for the reporter's answer."""
_HANDLED = frozenset({Status.RESOLVED, Status.VERIFIED, Status.CLOSED})
_FOR_FEEDBACK = TRANSITIONS[EventType.FEEDBACK_RECEIVED].sources
_CLOSINGS = frozenset({"closed", "force_closed"})


class Standing(NamedTuple):
    """A complaint as far as intake has heard of it."""

    status: Status
    work: Mapping[str, Any]
    """What dispatch has said last."""
    progress: Sequence[Mapping[str, Any]]
    waiting_since: datetime | None
    """Since when the bureau waits for the reporter's answer."""
    is_withdrawal_asked: bool
    is_erased: bool

    def promised(self, name: str) -> datetime | None:
        """Return one of the times that dispatch has named; None where it has not, or where another's count 并案."""
        said = None if self.status is Status.MERGED else self.work.get(name)
        return None if said is None else datetime.fromisoformat(said)

    def clock_at(self, now: datetime) -> datetime | None:
        """Return the moment at which its clock stands; None where no clock counts."""
        if self.status in RUNNING:
            return self.waiting_since or now
        if self.status is Status.SUSPENDED:
            return self._last("suspended")
        return self._last("resolved") if self.status in _HANDLED else None

    def light(self, now: datetime) -> Light | None:
        """Return its light; None where nothing was promised, or where it ended without a result."""
        moment, promised, warn = self.clock_at(now), self.promised("promised_at"), self.promised("warn_at")
        if moment is None or promised is None:
            return None
        if moment > promised:
            return "red"
        return "yellow" if warn is not None and moment > warn else "green"

    def outcome(self) -> Mapping[str, Any] | None:
        """Return the step that brought the present result; None where there is none."""
        if self.status not in _HANDLED:
            return None
        return next((step for step in reversed(self.progress) if kind_of(step) == "resolved"), None)

    def department(self) -> str | None:
        """Return the department that has it now; None where it is with a unit of the bureau."""
        if self.status is not Status.TRANSFERRED:
            return None
        nothing: Mapping[str, Any] = {}
        step = next((step for step in reversed(self.progress) if kind_of(step) == "transferred"), nothing)
        return step.get("department")

    def possible(self) -> list[Doing]:
        """Return what its reporter can do now."""
        actions: list[Doing] = []
        if self.waiting_since is not None:
            actions.append("answer")
        if self.status not in ENDED and not self.is_erased:
            actions.append("supplement")
        if self.status in TRANSITIONS[EventType.WITHDRAWN].sources and not self.is_withdrawal_asked:
            actions.append("withdraw")
        if self.status in _FOR_FEEDBACK and not self._was_rated():
            actions.append("give_feedback")
        return actions

    def _was_rated(self) -> bool:
        """Whether the reporter had the word since it was closed."""
        for step in reversed(self.progress):
            kind = kind_of(step)
            if kind == "feedback_received" or kind in _CLOSINGS:
                return kind == "feedback_received"
        return False

    def _last(self, kind: str) -> datetime | None:
        for step in reversed(self.progress):
            if kind_of(step) == kind:
                return datetime.fromisoformat(step["at"])
        return None

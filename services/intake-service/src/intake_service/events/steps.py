"""What intake keeps of an event for reporters to read, and of what dispatch has promised."""

from datetime import datetime

from contracts.closing_events import ComplaintForceClosed, ComplaintVoided
from contracts.envelope import Event
from contracts.events import (
    ComplaintAccepted,
    ComplaintAssigned,
    ComplaintResolved,
    ComplaintStarted,
    ComplaintTransferred,
)
from contracts.lifecycle import TRANSITIONS

_PREFIX = len("complaint.")
_MOMENTS = ("promised_at", "until")
_PROMISES = ("promised_at", "warn_at", "accept_by", "on_site_by")


def step_of(event: Event) -> dict[str, object]:
    """Return a step of the progress: its kind, when it was, the state that it led to, what its words name; no person.

    Work that an officer has told later was when it was done.
    """
    step: dict[str, object] = {"kind": event.type[_PREFIX:], "at": _done_at(event)}
    status = TRANSITIONS[event.type].target
    if status is not None:
        step["status"] = status
    data = event.data
    step |= {name: moment for name in _MOMENTS if (moment := getattr(data, name, None)) is not None}
    match data:
        case ComplaintAssigned(team_name=unit):
            step["unit"] = unit
        case ComplaintTransferred(department=code, department_name=name):
            step["department"] = name or code
        case ComplaintResolved(handling_mode=mode, result=result):
            step |= {"handling_mode": mode, "result": result}
        case ComplaintVoided(reason=reason) | ComplaintForceClosed(reason=reason):
            step["reason"] = reason
    return step


def _done_at(event: Event) -> datetime:
    match event.data:
        case (
            ComplaintAccepted(accepted_at=datetime() as moment)
            | ComplaintStarted(started_at=moment)
            | ComplaintResolved(resolved_at=datetime() as moment)
        ):
            return moment
    return event.time


def work_of(event: Event) -> dict[str, object]:
    """Return what an event says of the promised times, and of the officer in charge; empty where it says nothing."""
    data = event.data
    said: dict[str, object] = {name: moment for name in _PROMISES if (moment := getattr(data, name, None)) is not None}
    match data:
        case ComplaintAssigned(officer=officer):
            said["officer"] = officer
        case ComplaintAccepted(actor=actor) | ComplaintStarted(actor=actor):
            said["officer"] = actor
    return said

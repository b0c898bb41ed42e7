"""What intake keeps of an event for reporters to read, and of what dispatch has promised."""

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
    """Return a step of the progress: its kind, the state that it led to, and what its words name; no person."""
    step: dict[str, object] = {"kind": event.type[_PREFIX:], "at": event.time}
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

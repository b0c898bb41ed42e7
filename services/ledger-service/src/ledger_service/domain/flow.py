"""The ways of the state table 反馈流程图, and the table as a Mermaid drawing."""

from typing import NamedTuple

from contracts.lifecycle import TRANSITIONS, EventType, Status
from ledger_service.domain.labels import EVENT_LABELS, STATUS_LABELS


class Arrow(NamedTuple):
    """A way from a state, or from nothing, to a state."""

    source: Status | None
    target: Status
    event: EventType

    @property
    def label(self) -> str:
        """What stands beside it in a drawing."""
        return f"{EVENT_LABELS[self.event].zh} {self.event.removeprefix('complaint.')}"


def arrows() -> list[Arrow]:
    """Return each way from a state to a state, in the order of the table; one that stays is a way to the state itself.

    Of the events that leave the state as it is, only those that belong to one state are drawn.
    """
    found: list[Arrow] = []
    for event_type, line in TRANSITIONS.items():
        for source in (each for each in (None, *Status) if each in line.sources):
            target = line.target or (source if len(line.sources) == 1 else None)
            if target is not None:
                found.append(Arrow(source, target, event_type))
    return found


def final_states() -> frozenset[Status]:
    """Return the states that no event leads out of, but one that begins the work anew."""
    lines = [line for event, line in TRANSITIONS.items() if event is not EventType.REOPENED]
    left = {source for line in lines if line.target is not None for source in line.sources}
    return frozenset(Status) - left


def mermaid() -> str:
    """Return the table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2"]
    lines += [f"    {status} : {STATUS_LABELS[status].zh} {STATUS_LABELS[status].en}" for status in Status]
    lines += [f"    {way.source or '[*]'} --> {way.target} : {way.label}" for way in arrows()]
    lines += [f"    {status} --> [*]" for status in Status if status in final_states()]
    return "\n".join(lines) + "\n"

"""The state table 反馈流程图 as a drawing."""

from contracts.lifecycle import TRANSITIONS, EventType, Status
from ledger_service.domain.labels import EVENT_LABELS, STATUS_LABELS


def final_states() -> frozenset[Status]:
    """Return the states that no event leads out of."""
    left = {source for line in TRANSITIONS.values() if line.target is not None for source in line.sources}
    return frozenset(Status) - left


def mermaid() -> str:
    """Return the table as a Mermaid state diagram.

    Of the events that leave the state as it is, only those that belong to one state are drawn.
    """
    lines = ["stateDiagram-v2"]
    lines += [f"    {status} : {STATUS_LABELS[status].zh} {STATUS_LABELS[status].en}" for status in Status]
    lines += [line for event_type in EventType for line in _arrows(event_type)]
    lines += [f"    {status} --> [*]" for status in Status if status in final_states()]
    return "\n".join(lines) + "\n"


def _arrows(event_type: EventType) -> list[str]:
    transition = TRANSITIONS[event_type]
    if transition.target is None and len(transition.sources) > 1:
        return []
    name = f"{EVENT_LABELS[event_type].zh} {event_type.removeprefix('complaint.')}"
    ordered = [status for status in (None, *Status) if status in transition.sources]
    return [f"    {source or '[*]'} --> {transition.target or source} : {name}" for source in ordered]

"""The ways of the state table 反馈流程图, and the table as a Mermaid drawing."""

from collections import defaultdict
from typing import NamedTuple

from contracts.lifecycle import TRANSITIONS, UNCOUNTED, EventType, Status
from ledger_service.domain.labels import EVENT_LABELS, STATUS_LABELS

OPEN_LABEL = "未结 Open"
_FRAME = "open"


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


_ANEW = frozenset({EventType.REOPENED, EventType.UNMERGED})


def final_states() -> frozenset[Status]:
    """Return the states that no event leads out of, but to another end, or one that begins the work anew."""
    lines = [line for event, line in TRANSITIONS.items() if event not in _ANEW]
    left = {source for line in lines if line.target not in (None, *UNCOUNTED) for source in line.sources}
    return frozenset(Status) - left


def open_states() -> frozenset[Status]:
    """Return the states that are no end; a drawing has a frame around them."""
    return frozenset(Status) - final_states()


def leads_from_frame(event: EventType) -> bool:
    """Tell whether an event may follow any open state: it is drawn once, from the frame around them."""
    return TRANSITIONS[event].sources == open_states()


def mermaid() -> str:
    """Return the table as a Mermaid state diagram."""
    inside, outside = list[str](), list[str]()
    for status in Status:
        place = inside if status in open_states() else outside
        place.append(f"{status} : {STATUS_LABELS[status].zh} {STATUS_LABELS[status].en}")
    for (source, target), labels in _drawn().items():
        place = inside if {source, target} <= open_states() else outside
        place.append(f"{source} --> {target} : {'<br>'.join(dict.fromkeys(labels))}")
    outside += [f"{status} --> [*]" for status in Status if status in final_states()]
    frame = [f'state "{OPEN_LABEL}" as {_FRAME} {{', *(f"    {line}" for line in inside), "}"]
    return "\n    ".join(["stateDiagram-v2", *frame, *outside]) + "\n"


def _drawn() -> dict[tuple[str, Status], list[str]]:
    """Return what stands beside each arrow; Mermaid would draw two between the same states upon each other."""
    found = defaultdict[tuple[str, Status], list[str]](list)
    for way in arrows():
        found[_FRAME if leads_from_frame(way.event) else way.source or "[*]", way.target].append(way.label)
    return found

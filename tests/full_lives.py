"""Lives of complaints that the state table allows, with every kind of event in them."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from contracts.envelope import Event
from contracts.events import PAYLOADS
from contracts.lifecycle import TRANSITIONS, UNCOUNTED, EventType, Status, next_status
from histories import History

Choose = Callable[[Sequence[EventType]], EventType]
_SCHEMAS = Path(__file__).parent / "unit" / "contracts" / "schemas"
_CHANGED: dict[EventType, dict[str, object]] = {EventType.RESOLVED: {"self_handled": False}}
"""What follows from other results by rule, the ledger makes itself."""
SAMPLES = {
    event_type: PAYLOADS[event_type].model_validate_json(
        json.dumps(
            {
                **json.loads((_SCHEMAS / f"{event_type.value}.v1.json").read_text("utf-8"))["example"],
                **_CHANGED.get(event_type, {}),
            }
        )
    )
    for event_type in EventType
}
"""A payload of each type with every field."""
_ONCE = frozenset({EventType.ENDING_REQUESTED, EventType.RATING_APPEALED})
"""One of each waits for its decision at a time, and a rating is appealed against once."""


def possible(status: Status | None) -> list[EventType]:
    """Return what may follow a state; what may follow few of them, and leads on, stands there more often."""
    found: list[EventType] = []
    for event_type, line in TRANSITIONS.items():
        if status in line.sources:
            weight = 12 if line.target is None else 24
            found += [event_type] * (1 if line.target in UNCOUNTED else weight // len(line.sources) or 1)
    return found


def a_life(choose: Choose, length: int, *, tenant: str) -> list[Event]:
    """Return the first `length` events of a complaint, each of them chosen from those that may follow."""
    history, status = History(tenant=tenant), None
    for _ in range(length):
        happened = {event.type for event in history.events} & _ONCE
        event_type = choose([each for each in possible(status) if each not in happened])
        sample = SAMPLES[event_type]
        if event_type is EventType.ERASED:
            sample = sample.model_copy(update={"texts": len(history.events) % 3 > 0})
        history.event(event_type, sample)
        status = next_status(status, event_type)
    return history.events

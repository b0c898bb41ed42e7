"""Records that no consumer can apply, and who has to park each of them."""

from collections.abc import Sequence
from typing import NamedTuple

from chaos.faults.foreign import NewId, Story, received
from contracts.events import ComplaintAssigned
from contracts.lifecycle import EventType

_ALL = frozenset({"intake", "dispatch", "ledger"})
_OF_RECEIVED = frozenset({"dispatch", "ledger"})
"""Those who consume `complaint.received`."""


class PoisonedRecord(NamedTuple):
    """A record under a key that no complaint has."""

    key: bytes
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    parked_by: frozenset[str]


def records(new_id: NewId) -> list[PoisonedRecord]:
    """Return one record of each kind."""
    sound = received("poison").model_dump_json().encode()
    return [
        _poisoned(new_id, b'{"number": ', "JSON that breaks off"),
        _poisoned(new_id, sound.replace(b"poison", b"\xff\xfe\xc3\x28"), "no UTF-8"),
        _poisoned(new_id, None, "no value at all"),
        _poisoned(new_id, b"[]", "another shape"),
        _poisoned(new_id, sound.replace(b'"proactive":false', b'"proactive":{}'), "a value of another type"),
        _poisoned(new_id, sound, "a count that is none", ce_sequence=b"many"),
        _poisoned(new_id, sound, "an id that is none", ce_id=b"\x00\xff"),
        _poisoned(new_id, sound, "an unknown type", ce_type=b"complaint.eaten")._replace(parked_by=_ALL),
        _poisoned(new_id, sound, "no headers")._replace(headers=(), parked_by=_ALL),
        _of_nobody(new_id),
    ]


def _poisoned(new_id: NewId, value: bytes | None, description: str, **headers: bytes) -> PoisonedRecord:
    story = Story(new_id)
    given = dict(story.headers(EventType.RECEIVED, 1)) | {"x-poison": description.encode(), **headers}
    return PoisonedRecord(story.key, value, list(given.items()), _OF_RECEIVED)


def _of_nobody(new_id: NewId) -> PoisonedRecord:
    """A sound assignment of a complaint that was never received: intake has nothing to follow, the ledger no begin."""
    story = Story(new_id)
    assigned = ComplaintAssigned(team="t", team_name="poison", round=1, rule="duty_desk")
    sent = story.record(EventType.ASSIGNED, 1, assigned)
    return PoisonedRecord(sent.key, sent.value, sent.headers, parked_by=frozenset({"intake", "ledger"}))

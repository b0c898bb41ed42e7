"""Events about complaints that nobody has reported, as a producer makes them that is none of the services."""

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from uuid import UUID

from bench.platform import TENANT
from chaos.faults.topic import Sent
from contracts.envelope import headers_of
from contracts.events import ComplaintReceived, Payload, Place, ReleaseRequested
from contracts.lifecycle import TRANSITIONS, EventType

NewId = Callable[[], UUID]
_LATE = 1 << 127
"""Makes ids of a far future out of any: no janitor takes their claims for old ones."""


def new_ids(random: Random) -> NewId:
    """Return a source of ids that a seed decides."""
    return lambda: UUID(int=random.getrandbits(128) | _LATE, version=4)


class Story:
    """One complaint, and what is published about it."""

    def __init__(self, new_id: NewId) -> None:
        self._new_id = new_id
        self.subject = new_id()

    @property
    def id(self) -> str:
        """The complaint's."""
        return str(self.subject)

    @property
    def key(self) -> bytes:
        """Of its records."""
        return self.id.encode()

    def record(self, event_type: EventType, sequence: int, data: Payload | bytes, **headers: bytes | None) -> Sent:
        """Return a sound record; `headers` replace or add some, or with None leave them out."""
        value = data if isinstance(data, bytes) else data.model_dump_json(exclude_none=True).encode()
        given: dict[str, bytes | None] = {**dict(self.headers(event_type, sequence)), **headers}
        return Sent(self.key, value, [(name, text) for name, text in given.items() if text is not None])

    def headers(self, event_type: EventType, sequence: int) -> list[tuple[str, bytes]]:
        """Return the headers of an event of the service that owns its type."""
        return headers_of(
            event_id=str(self._new_id()),
            event_type=event_type,
            source=TRANSITIONS[event_type].owner,
            subject=self.id,
            tenant=TENANT,
            time=datetime.now(UTC),
            sequence=sequence,
            correlation_id=str(self._new_id()),
            causation_id=None,
            traceparent=None,
        )


def received(text: str) -> ComplaintReceived:
    """Return the facts of a reception."""
    return ComplaintReceived(
        number=text,
        source="hotline",
        proactive=False,
        description=text,
        location=Place(lon=107.2357, lat=26.5807),
        received_at=datetime.now(UTC),
    )


def release_requested(text: str) -> ReleaseRequested:
    """Return a reporter's wish to take the complaint back."""
    return ReleaseRequested(actor=text, ending="withdrawn")

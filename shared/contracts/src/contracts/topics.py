"""The registry of topics: names, keys, partitions and who publishes what on them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from contracts.directory import CONFIGURED, DIRECTORY_PAYLOADS, DirectoryEvent
from contracts.events import PAYLOADS, Payload
from contracts.field_activity import FIELD_OWNERS, FIELD_PAYLOADS, FieldEvent
from contracts.hotspots import HOTSPOT_PAYLOADS, HotspotEvent
from contracts.lifecycle import TRANSITIONS, EventType
from contracts.reconciliation import RECONCILIATION_OWNERS, RECONCILIATION_PAYLOADS, ReconciliationEvent

AnyEventType = EventType | DirectoryEvent | FieldEvent | HotspotEvent | ReconciliationEvent
"""An event of any topic. No two topics share a name."""


@dataclass(frozen=True)
class Topic:
    """A Kafka topic. The partition count is fixed for good: another count is another topic version."""

    name: str
    key: str
    partitions: int
    retention: timedelta | None
    """How long records are kept; None: for good."""
    description: str
    events: Mapping[StrEnum, type[Payload]]
    """Its kinds of events, and what each says."""
    owners: Mapping[StrEnum, tuple[str, ...]]
    """Which services publish each event."""
    compacted: bool = False
    """Of each key, the brokers keep the last record at least: earlier ones may be gone."""
    every_kind: str | None = None
    """How the types of its events begin, also of kinds that a later version adds; None: an unknown one is a fault.

    Readers skip kinds that they do not know, as they skip those of no interest; once they know one, they read the topic
    again.
    """

    @property
    def settings(self) -> Mapping[str, str]:
        """What Kafka calls it."""
        policies = [name for name, wanted in (("compact", self.compacted), ("delete", self.retention)) if wanted]
        retention = -1 if self.retention is None else int(self.retention.total_seconds() * 1000)
        return {"cleanup.policy": ",".join(policies), "retention.ms": str(retention)}


LIFECYCLE = Topic(
    name="complaint.lifecycle.v1",
    key="complaint id",
    partitions=48,
    retention=timedelta(days=30),
    description="The life of complaints. All three services publish; one partition holds a story in causal order.",
    events=PAYLOADS,
    owners={event: (line.owner,) for event, line in TRANSITIONS.items()},
)
DIRECTORY = Topic(
    name="directory.v1",
    key="id made of tenant, kind and code",
    partitions=6,
    retention=None,
    compacted=True,
    every_kind="directory.",
    description="Communities, grids, posts, teams and their make-up, officers, shifts, departments, components, who is "
    "on duty; categories, duty items and sources: each event with the whole new state.",
    events=DIRECTORY_PAYLOADS,
    owners={event: ("intake",) if event in CONFIGURED else ("dispatch",) for event in DIRECTORY_PAYLOADS},
)
FIELD_ACTIVITY = Topic(
    name="field.activity.v1",
    key="id of the activity or visit",
    partitions=12,
    retention=timedelta(days=30),
    description="What officers did in the field beside complaints: patrols, visits and their photos, and whatever is "
    "recorded, corrected, voided or erased at the ledger, whose numbers count all that it has entered of an activity.",
    events=FIELD_PAYLOADS,
    owners=FIELD_OWNERS,
)
HOTSPOTS = Topic(
    name="hotspot.v1",
    key="hot spot id",
    partitions=6,
    retention=timedelta(days=30),  # hot spots come and go: the last words of old ones are nobody's business any more
    compacted=True,
    description="Where more complaints of a category come in than should, each event with the whole new state.",
    events=HOTSPOT_PAYLOADS,
    owners=dict.fromkeys(HOTSPOT_PAYLOADS, ("ledger",)),
)
RECONCILIATION = Topic(
    name="reconciliation.v1",
    key="reconciliation id",
    partitions=1,  # a few records an hour, read in the order in which they were asked for
    retention=timedelta(days=7),
    description="The ledger asks for accounts, and the other services state what they published, applied and parked.",
    events=RECONCILIATION_PAYLOADS,
    owners={event: (owner,) for event, owner in RECONCILIATION_OWNERS.items()},
)

TOPICS = (LIFECYCLE, DIRECTORY, FIELD_ACTIVITY, HOTSPOTS, RECONCILIATION)


def consumer_of(service: str, topic: Topic) -> str:
    """Return the name under which a service consumes a topic: its group, and a part of every inbox claim."""
    return service if topic is LIFECYCLE else f"{service}-{topic.name}"

"""The registry of topics fits together, and what names things in it never changes."""

from uuid import UUID

import pytest

from contracts.directory import subject_of
from contracts.envelope import KNOWN_TYPES
from contracts.topics import (
    DIRECTORY,
    FIELD_ACTIVITY,
    HOTSPOTS,
    LIFECYCLE,
    RECONCILIATION,
    TOPICS,
    Topic,
    consumer_of,
)

each_topic = pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
SERVICES = ("intake", "dispatch", "ledger")


@each_topic
def test_every_event_has_an_owner(topic: Topic) -> None:
    assert topic.owners.keys() == topic.events.keys()
    assert all(owners and set(owners) <= set(SERVICES) for owners in topic.owners.values())


def test_no_two_topics_share_a_kind_of_event_or_a_consumer() -> None:
    types = [event_type.value.encode() for topic in TOPICS for event_type in topic.events]
    assert len(types) == len(set(types))
    assert set(types) == KNOWN_TYPES
    consumers = {consumer_of(service, topic) for service in SERVICES for topic in TOPICS}
    assert len(consumers) == len(SERVICES) * len(TOPICS)


def test_groups_of_the_life_of_complaints_are_called_as_ever() -> None:
    assert [consumer_of(service, LIFECYCLE) for service in SERVICES] == ["intake", "dispatch", "ledger"]


def test_what_kafka_keeps_of_each_topic() -> None:
    month = str(30 * 24 * 3600 * 1000)
    assert LIFECYCLE.settings == {"cleanup.policy": "delete", "retention.ms": month}
    assert DIRECTORY.settings == {"cleanup.policy": "compact", "retention.ms": "-1"}
    assert FIELD_ACTIVITY.settings == {"cleanup.policy": "delete", "retention.ms": month}
    assert HOTSPOTS.settings == {"cleanup.policy": "compact,delete", "retention.ms": month}
    assert RECONCILIATION.settings == {"cleanup.policy": "delete", "retention.ms": str(7 * 24 * 3600 * 1000)}


def test_the_subject_of_a_thing_of_the_directory_is_the_same_for_ever() -> None:
    assert subject_of("522723", "grid", "grid-01") == UUID("d73a7336-ef12-53b0-9e77-aaf7d7c1b8b6")
    others = {subject_of("522723", "grid", "grid-02"), subject_of("522723", "team", "grid-01")}
    assert len(others | {subject_of("110101", "grid", "grid-01"), subject_of("522723", "grid", "grid-01")}) == 4

"""The doctor says what of a topic is otherwise than the registry has it, and what is to be done; and nothing else."""

from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.topics import DIRECTORY, HOTSPOTS, LIFECYCLE, RECONCILIATION, Topic
from jieban.doctor.asking import Facts
from jieban.doctor.topics import topic_findings, topic_notes
from jieban.services import ServiceName

_SEE = "see docs/runbook.md#topics-that-are-kept-otherwise"


def _facts(topic: Topic, kept: dict[str, Any] | None, service: ServiceName = ServiceName.LEDGER) -> Facts:
    state = {"consumers": [{"consumer": service, "topic_name": topic.name, "topic": kept}]}
    return Facts(service, datetime.now(UTC), [], frozenset(), [], frozenset(), state)


def _kept(topic: Topic, **otherwise: object) -> dict[str, Any]:
    kept = {
        "brokers": 3,
        "replication": 3,
        "partitions": topic.partitions,
        "cleanup_policy": topic.settings["cleanup.policy"],
        "retention_ms": int(topic.settings["retention.ms"]),
    }
    return kept | otherwise


@pytest.mark.parametrize(
    ("topic", "otherwise", "said"),
    [
        (LIFECYCLE, {"partitions": 1}, "has 1 of 48 partitions: no more than 1 consumers of a service"),
        (RECONCILIATION, {"partitions": 3}, "has 3 partitions and not 1: it is read in another order"),
        (LIFECYCLE, {"replication": 1}, "has one copy on 3 brokers"),
        (LIFECYCLE, {"retention_ms": 604800000}, "--add-config 'retention.ms=2592000000'"),
        (DIRECTORY, {"cleanup_policy": "delete"}, "--add-config 'cleanup.policy=compact'"),
        (HOTSPOTS, {"cleanup_policy": "delete"}, "--add-config 'cleanup.policy=[compact,delete]'"),
    ],
)
def test_what_is_otherwise_is_said_once_with_what_to_do(topic: Topic, otherwise: dict[str, object], said: str) -> None:
    facts = [_facts(topic, _kept(topic, **otherwise), service) for service in ServiceName]
    [sentence] = topic_findings(facts)
    assert topic.name in sentence
    assert said in sentence
    assert sentence.endswith(_SEE)
    assert list(topic_notes(facts)) == []


def test_more_partitions_are_a_fault_only_if_they_were_added_later() -> None:
    facts = [_facts(LIFECYCLE, _kept(LIFECYCLE, partitions=96))]
    assert list(topic_findings(facts)) == []
    [note] = topic_notes(facts)
    assert "has 96 partitions and not 48, which is well if it was made so" in note


@pytest.mark.parametrize(
    "otherwise",
    [
        {"cleanup_policy": "delete,compact"},
        {"replication": 2},
        {"brokers": 1, "replication": 1},
        {"min_insync_replicas": 1},
    ],
)
def test_what_the_registry_leaves_open_is_no_fault(otherwise: dict[str, object]) -> None:
    facts = [_facts(HOTSPOTS, _kept(HOTSPOTS, **otherwise))]
    assert [*topic_findings(facts), *topic_notes(facts)] == []


def test_nothing_is_said_of_what_kafka_or_an_older_replica_does_not_tell() -> None:
    older = _kept(LIFECYCLE)
    del older["cleanup_policy"], older["retention_ms"]
    facts = [_facts(LIFECYCLE, older), _facts(DIRECTORY, None), _facts(LIFECYCLE, None, ServiceName.INTAKE)]
    assert [*topic_findings(facts), *topic_notes(facts)] == []

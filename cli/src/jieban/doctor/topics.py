"""What of a topic is otherwise at the brokers than the registry has it: one sentence each, with what to do."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from contracts.topics import TOPICS, Topic
from jieban.doctor.asking import Facts

_SEE = "see docs/runbook.md#topics-that-are-kept-otherwise"
_Kept = Mapping[str, Any]


def topic_findings(all_facts: Iterable[Facts]) -> Iterator[str]:
    """Say what is wrong."""
    for topic, kept in _found(all_facts):
        there, brokers = kept["partitions"], kept["brokers"]
        if there < topic.partitions:
            at_once = f"no more than {there} consumers of a service work at once"
            yield f"Kafka: {topic.name} has {there} of {topic.partitions} partitions: {at_once}; {_SEE}"
        if there > topic.partitions == 1:
            yield f"Kafka: {topic.name} has {there} partitions and not 1: it is read in another order; {_SEE}"
        if kept["replication"] < min(2, brokers):
            yield f"Kafka: {topic.name} has one copy on {brokers} brokers: a disk that is lost takes events; {_SEE}"
        yield from _settings(topic, kept)


def topic_notes(all_facts: Iterable[Facts]) -> Iterator[str]:
    """Say what is well if it was so from the beginning: keys move when partitions are added, and their order goes."""
    for topic, kept in _found(all_facts):
        if kept["partitions"] > topic.partitions > 1:
            yield (
                f"Kafka: {topic.name} has {kept['partitions']} partitions and not {topic.partitions}, which is well if "
                f"it was made so; were some added later, events may have overtaken earlier ones of their key; {_SEE}"
            )


def _settings(topic: Topic, kept: _Kept) -> Iterator[str]:
    """Compare what the registry names; an older replica does not tell it."""
    for name, wanted in topic.settings.items():
        value = kept.get(name.replace(".", "_"))
        if value is not None and _parts(value) != _parts(wanted):
            listed = f"[{wanted}]" if "," in wanted else wanted
            yield (
                f"Kafka: {name} of {topic.name} is {value} and not {wanted}; run: kafka-configs.sh --bootstrap-server "
                f"BROKER --alter --entity-type topics --entity-name {topic.name} --add-config '{name}={listed}'; {_SEE}"
            )


def _parts(value: object) -> set[str]:
    return {part.strip() for part in str(value).split(",")}


def _found(all_facts: Iterable[Facts]) -> Iterator[tuple[Topic, _Kept]]:
    """Pair each topic of the registry with what Kafka told any of the services of it."""
    told: dict[str, dict[str, Any]] = defaultdict(dict)
    for facts in all_facts:
        for consumer in facts.state["consumers"]:
            told[consumer["topic_name"]].update(consumer["topic"] or {})
    return ((topic, told[topic.name]) for topic in TOPICS if told[topic.name])

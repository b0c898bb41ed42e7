"""What is wrong with a service, apart from events that did not arrive: one sentence each, with what to do."""

from collections.abc import Iterator, Mapping
from typing import Any

from jieban.doctor.asking import Facts

OLD_OUTBOX_SECONDS = 60
_LOST = ("no_unit", "no_promise", "stuck")
"""Reasons that the platform has to answer for: of the others, somebody has to work, or the parked messages say it."""


def findings(facts: Facts) -> Iterator[str]:
    """Say what is wrong with a service."""
    name, state = facts.service, facts.state
    outbox = state["outbox"]
    if outbox["oldest_seconds"] > OLD_OUTBOX_SECONDS:
        yield f"{name}: {outbox['waiting']} events wait to be published, since {outbox['oldest_seconds']:.0f} s"
    if outbox["set_aside"]:
        yield f"{name}: {outbox['set_aside']} events are too large for Kafka and were set aside"
    if state["parked"]:
        yield f"{name}: {state['parked']} messages are parked; see: jieban parked list {name}"
    if state["pending_migrations"]:
        yield f"{name}: the database lacks {', '.join(state['pending_migrations'])}; run: jieban migrate {name}"
    if state.get("reading_again"):
        until = "what was parked of it is released or discarded" if state["parked"] else "it has"
        yield f"{name}: it reads its topics again, and until {until}, nothing is done by rule and nobody can act"
    for consumer in state["consumers"]:
        yield from _at_kafka(name, consumer)


def notes(facts: Facts) -> Iterator[str]:
    """Say what of a service is as it may be, and could be better."""
    if newer := facts.state.get("newer_migrations"):
        yield f"{facts.service}: its database is newer than the release that answered ({', '.join(newer)})"
    if owned := facts.state.get("owned_append_only"):
        yield (
            f"{facts.service}: its login owns {', '.join(owned)}, and so could switch off what keeps them from being "
            f"changed; see JIEBAN_{facts.service.upper()}_MIGRATION_DATABASE_URL"
        )


def _at_kafka(name: str, consumer: Mapping[str, Any]) -> Iterator[str]:
    topic, group, of = consumer["topic"], consumer["group"], f"of {consumer['topic_name']}"
    if topic is None or group is None:
        yield f"{name}: Kafka does not answer it about {consumer['topic_name']}"
        return
    if group["members"] == 0:
        yield f"{name}: nobody consumes as {consumer['consumer']}, {group['lag']} records behind"
    if topic["leaderless"]:
        yield f"{name}: {topic['leaderless']} partitions {of} have no leader"
    if topic["under_replicated"]:
        yield f"{name}: {topic['under_replicated']} partitions {of} lack copies"
    if topic["replication"] > 1 and (least := topic["min_insync_replicas"]) < 2:
        yield f"{name}: min.insync.replicas {of} is {least}: one broker's word is enough for an event"


def ledger_findings(answer: Mapping[str, Any]) -> Iterator[str]:
    """Say what of the ledger does not fit together."""
    for each in answer["differences"]:
        examples = ", ".join(each["examples"][:3])
        yield f"ledger: {each['complaints']} complaints where {each['meaning']} ({each['kind']}), such as {examples}"


def unsettled_findings(answer: Mapping[str, Any]) -> Iterator[str]:
    """Say which complaints have no place for a reason that no officer's work would mend."""
    for each in answer["reasons"]:
        if each["reason"] in _LOST and each["complaints"]:
            yield f"ledger: {each['complaints']} complaints are unsettled: {each['en']} ({each['reason']})"


def recount_findings(answer: Mapping[str, Any]) -> Iterator[str]:
    """Say where the ledger's figures of a day are not what its complaints come to."""
    if answer["differing"]:
        first = answer["differences"][0]
        yield (
            f"ledger: {answer['differing']} figures of {answer['day']} are not what {answer['complaints']} complaints "
            f"come to, such as {first['count']} by {first['roll_up']}: {first['found']} instead of "
            f"{first['expected']}; run: jieban statistics check, then jieban statistics rebuild"
        )

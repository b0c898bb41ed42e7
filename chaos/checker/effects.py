"""I4: each event is published in order, whole, and applied once, by every consumer. I7: what is none is parked."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from chaos.checker.evidence import Violation, violations
from chaos.checker.facts import Entry, Facts
from chaos.checker.topic import Published
from contracts.lifecycle import TRANSITIONS, EventType, Status
from dispatch_service.events.handlers import CONSUMED
from intake_service.events import lifecycle
from ledger_service.events.handler import SUBSCRIPTION

_CONSUMED = {"intake": lifecycle.TYPES, "dispatch": CONSUMED, "ledger": SUBSCRIPTION.types}
_ENTRIES = "ledger: SELECT position, event_id, source, sequence, type FROM entry WHERE complaint_id = '{id}'"
_ON_TOPIC = "topic: all records with the key {id}, with ce_id, ce_source and ce_sequence, in the order of their offsets"
_COUNTERS = {
    "ledger": "ledger: SELECT version, seq_intake, seq_dispatch, seq_ledger FROM ledger_complaint"
    " WHERE complaint_id = '{id}'",
    "dispatch": "dispatch: SELECT version, sequence FROM dispatch_case WHERE complaint_id = '{id}'",
    "intake": "intake: SELECT sequence, progress FROM complaint WHERE id = '{id}'",
}
_MOVES_A_CASE = frozenset(
    {
        EventType.ASSIGNED,
        EventType.ACCEPTED,
        EventType.STARTED,
        EventType.RETURNED,
        EventType.TRANSFERRED,
        EventType.EXTENDED,
        EventType.SUSPENDED,
        EventType.RESUMED,
        EventType.ESCALATED,
        EventType.RECTIFICATION_ORDERED,
        EventType.RESOLVED,
        EventType.RELEASED,
        EventType.VERIFIED,
        EventType.REWORK_ORDERED,
        EventType.CLOSED,
        EventType.REOPENED,
        EventType.RECLASSIFIED,
    }
)
"""Each makes one version of a case, but for what a timer tells, whose actor is nobody or a rule; dispatch has let go
of it when `withdrawn` comes."""
_MOVES_WHAT_IS_HANDLED = frozenset({EventType.VOIDED, EventType.FORCE_CLOSED})
"""These too, unless dispatch has let go of the case before."""
_HANDLED = frozenset({Status.RESOLVED, Status.VERIFIED})
_IS_PROGRESS: dict[EventType, Status] = {
    event_type: line.target
    for event_type, line in TRANSITIONS.items()
    if line.target is not None and event_type is not EventType.RECEIVED
}
"""What a reporter sees of each event at intake."""


def published_in_order(facts: Facts) -> list[Violation]:
    """I4: first copies are in order, under their key, all copies equal; the topic and the ledger tell the same."""
    entered = {entry.event_id: (complaint, entry) for complaint, entry in _all(facts)}
    published = facts.topic.events
    given_up = facts.given_up["ledger"]
    missing = [published[event].complaint for event in published.keys() - entered.keys() - given_up]
    unheard = [entered[event][0] for event in entered.keys() - published.keys()]
    unequal = [
        complaint for event, (complaint, entry) in entered.items() if _differ(complaint, entry, published.get(event))
    ]
    return [
        *violations("I4", "published out of order", facts.topic.disordered, _ON_TOPIC),
        *violations("I4", "published outside the partition of its key", facts.topic.misplaced, _ON_TOPIC),
        *violations("I4", "published in copies that differ", facts.topic.altered, _ON_TOPIC),
        *violations("I4", "one cause, several events of one type", facts.topic.repeated, _ON_TOPIC),
        *violations("I4", "published, but not entered", missing, _ENTRIES),
        *violations("I4", "entered, but not published", unheard, _ON_TOPIC),
        *violations("I4", "entered otherwise than published", unequal, _ENTRIES),
    ]


def applied_once(facts: Facts) -> list[Violation]:
    """I4: no event is entered twice, and what each service counts is what the entries add up to."""
    return [
        *violations("I4", "entered twice", _repeated(facts), _ENTRIES),
        *_miscounted(facts, "ledger", facts.ledger, _ledger_counts),
        *_miscounted(facts, "dispatch", facts.cases, _dispatch_counts),
        *_miscounted(facts, "intake", facts.intake, _intake_counts),
    ]


def claimed_once(facts: Facts) -> list[Violation]:
    """I4: every consumer has claimed every event that is meant for it; the ledger has entered all that it claimed."""
    found = []
    for service, types in _CONSUMED.items():
        claimed = facts.inbox[service] | facts.given_up[service]
        meant = ((complaint, entry.event_id) for complaint, entry in _all(facts) if entry.type in types)
        missed = {complaint: event for complaint, event in meant if event not in claimed}
        query = f"{service}: SELECT * FROM inbox WHERE event_id = '{missed[min(missed)]}'" if missed else ""
        found += violations("I4", f"never claimed by {service}", missed, query)
    entered = {entry.event_id for _, entry in _all(facts)}
    swallowed = facts.inbox["ledger"] - entered - facts.given_up["ledger"]
    complaints = (facts.topic.events[event].complaint if event in facts.topic.events else event for event in swallowed)
    return [*found, *violations("I4", "claimed by the ledger, but not entered", complaints, _ENTRIES)]


def unreadable_parked(facts: Facts) -> list[Violation]:
    """I7: what is no event has been parked by everyone who reads its type; by everyone where it has none of ours."""
    found = []
    for service, types in _CONSUMED.items():
        theirs = {place for place, kind in facts.topic.unreadable.items() if kind is None or kind in types}
        query = f'topic: the record at {{id}}; {service}: SELECT partition, "offset", state FROM parked_message'
        found += violations("I7", f"unreadable, but not parked by {service}", theirs - facts.kept[service], query)
    return found


def _all(facts: Facts) -> Iterator[tuple[str, Entry]]:
    for complaint, entries in facts.histories.items():
        for entry in entries:
            yield complaint, entry


def _differ(complaint: str, entry: Entry, event: Published | None) -> bool:
    told = Published(complaint, entry.type, entry.source, entry.sequence, entry.digest)
    return event is not None and event != told


def _repeated(facts: Facts) -> Iterator[str]:
    seen: set[str] = set()
    for complaint, entry in _all(facts):
        if entry.event_id in seen:
            yield complaint
        seen.add(entry.event_id)


def _miscounted(
    facts: Facts, service: str, rows: dict[str, Any], counts: Callable[[Iterable[Entry]], dict[str, Any]]
) -> list[Violation]:
    wrong = [
        complaint
        for complaint, row in rows.items()
        if any(row[name] != count for name, count in counts(facts.histories.get(complaint, ())).items())
    ]
    return violations("I4", f"{service} counts otherwise than the entries", wrong, _COUNTERS[service])


def _ledger_counts(entries: Iterable[Entry]) -> dict[str, Any]:
    sources = [entry.source for entry in entries]
    return {"version": len(sources), **{source: sources.count(source) for source in ("intake", "dispatch", "ledger")}}


def _dispatch_counts(entries: Iterable[Entry]) -> dict[str, Any]:
    return {
        "version": sum(_moves(entry) for entry in entries),
        "sequence": sum(entry.source == "dispatch" for entry in entries),
    }


def _moves(entry: Entry) -> bool:
    is_timers = entry.type == EventType.ESCALATED and entry.actor in {None, "rule"}
    is_ended = entry.type in _MOVES_WHAT_IS_HANDLED and entry.before in _HANDLED
    return is_ended or (entry.type in _MOVES_A_CASE and not is_timers)


def _intake_counts(entries: Iterable[Entry]) -> dict[str, Any]:
    return {
        "sequence": sum(entry.source == "intake" for entry in entries),
        "progress": [_IS_PROGRESS[EventType(entry.type)] for entry in entries if entry.type in _IS_PROGRESS],
    }

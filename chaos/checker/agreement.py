"""I6: the three services tell the same of each complaint, and it is what their clients were told."""

from collections.abc import Iterator, Mapping

from chaos.checker.asked import complaints
from chaos.checker.evidence import Violation, violations
from chaos.checker.facts import Facts
from chaos.journal import Kind
from contracts.lifecycle import RELEASE_ENDINGS, EventType

_STATUS = (
    "intake: SELECT status, release_state FROM complaint WHERE id = '{id}'; "
    "dispatch: SELECT status FROM dispatch_case WHERE complaint_id = '{id}'; "
    "ledger: SELECT status FROM ledger_complaint WHERE complaint_id = '{id}'"
)
_ENTRIES = "ledger: SELECT position, type, actor FROM entry WHERE complaint_id = '{id}' ORDER BY position"
_MAKES: Mapping[Kind, tuple[EventType, ...]] = {
    "accept": (EventType.ACCEPTED,),
    "start": (EventType.STARTED,),
    "resolve": (EventType.RESOLVED,),
    "verify": (EventType.VERIFIED, EventType.CLOSED),
    "rework": (EventType.REWORK_ORDERED,),
    "feedback": (EventType.FEEDBACK_RECEIVED,),
    "reopen": (EventType.REOPENED,),
    "withdraw": (EventType.WITHDRAWN,),
    "reject": (EventType.REJECTED,),
    "void": (EventType.ENDING_REQUESTED,),
    "approve": (EventType.ENDING_DECIDED, EventType.VOIDED),
}
"""What an action that was acknowledged has entered in the ledger."""


def services_agree(facts: Facts) -> list[Violation]:
    """I6: whatever intake has (also what a client never heard of) is at the others, in the same state."""
    everywhere = facts.intake.keys() & facts.cases.keys() & facts.ledger.keys()
    apart = [
        one
        for one in everywhere
        if not facts.intake[one]["status"] == facts.cases[one]["status"] == facts.ledger[one]["status"]
    ]
    open_requests = [one for one, row in facts.intake.items() if row["release_state"] == "requested"]
    half_ended = [
        one
        for one, row in facts.intake.items()
        if (row["release_state"] == "granted") != (row["status"] in RELEASE_ENDINGS)
    ]
    unheard = facts.intake.keys() - complaints(facts.asked.values(), "create", "acknowledged")
    return [
        *violations("I6", "the services have it in different states", apart, _STATUS),
        *violations("I6", "in intake, but dispatch has no case", unheard - facts.cases.keys(), _STATUS),
        *violations("I6", "in intake, but not in the ledger", unheard - facts.ledger.keys(), _STATUS),
        *violations("I6", "an ending was never decided", open_requests, _STATUS),
        *violations("I6", "an ending was decided, but not carried out", half_ended, _STATUS),
    ]


def clients_were_told_the_truth(facts: Facts) -> list[Violation]:
    """I6: an acknowledged action is in the ledger, a refused one has left nothing; an unknown one may be either."""
    done: dict[EventType, set[str]] = {event_type: set() for types in _MAKES.values() for event_type in types}
    for complaint, entries in facts.histories.items():
        for entry in entries:
            if entry.type in done:
                done[EventType(entry.type)].add(complaint)
    return [violation for kind in _MAKES for violation in _told(facts, kind, done)]


def _told(facts: Facts, kind: Kind, done: Mapping[EventType, set[str]]) -> Iterator[Violation]:
    operations = facts.asked.values()
    acknowledged = complaints(operations, kind, "acknowledged")
    possible = acknowledged | complaints(operations, kind, "unknown")
    refused = complaints(operations, kind, "refused") - possible
    for event_type in _MAKES[kind]:
        there = done[event_type]
        yield from violations("I6", f"{kind} acknowledged, but not in the ledger", acknowledged - there, _ENTRIES)
        yield from violations("I6", f"{kind} refused, but in the ledger", refused & there, _ENTRIES)
        unasked = there - possible - refused
        yield from violations("I6", f"{event_type} in the ledger, but nobody asked for it", unasked, _ENTRIES)

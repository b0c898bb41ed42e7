"""I1: what was acknowledged is everywhere exactly once. I2: nothing else is anywhere."""

from chaos.checker.asked import complaints
from chaos.checker.evidence import Violation, violations
from chaos.checker.facts import Facts
from contracts.lifecycle import EventType

_IN_INTAKE = "intake: SELECT id, number, status FROM complaint WHERE id = '{id}'"
_IN_DISPATCH = "dispatch: SELECT complaint_id, number, status FROM dispatch_case WHERE complaint_id = '{id}'"
_IN_LEDGER = "ledger: SELECT complaint_id, number, status FROM ledger_complaint WHERE complaint_id = '{id}'"
_RECEPTIONS = "ledger: SELECT position, event_id, type FROM entry WHERE complaint_id = '{id}' ORDER BY position"
_BY_KEY = "intake: SELECT key, body FROM idempotency_key WHERE key = '{id}'"
_KEY_OF = "intake: SELECT key FROM idempotency_key WHERE status = 201 AND body::jsonb ->> 'id' = '{id}'"


def exactly_once(facts: Facts) -> list[Violation]:
    """I1: every acknowledged creation is in intake, dispatch and ledger, and was received there exactly once."""
    accepted = complaints(facts.asked.values(), "create", "acknowledged")
    receptions = {
        complaint: sum(entry.type == EventType.RECEIVED for entry in facts.histories.get(complaint, ()))
        for complaint in accepted
    }
    twice = [
        key
        for key, operation in facts.asked.items()
        if operation.kind == "create"
        and len(operation.complaints | ({facts.keys[key]} if key in facts.keys else set())) > 1
    ]
    return [
        *violations("I1", "accepted, but not in intake", accepted - facts.intake.keys(), _IN_INTAKE),
        *violations("I1", "accepted, but dispatch has no case", accepted - facts.cases.keys(), _IN_DISPATCH),
        *violations("I1", "accepted, but not in the ledger", accepted - facts.ledger.keys(), _IN_LEDGER),
        *violations("I1", "never received", (one for one, count in receptions.items() if count < 1), _RECEPTIONS),
        *violations("I1", "received twice", (one for one, count in receptions.items() if count > 1), _RECEPTIONS),
        *violations("I1", "one key, several complaints", twice, _BY_KEY),
    ]


def nothing_else(facts: Facts) -> list[Violation]:
    """I2: nothing is there that was not asked for, or was refused."""
    creations = {key: operation for key, operation in facts.asked.items() if operation.kind == "create"}
    refused = {key for key, operation in creations.items() if operation.verdict == "refused"}
    possible = complaints(creations.values(), "create", "acknowledged")
    possible |= {complaint for key, complaint in facts.keys.items() if key in creations and key not in refused}
    return [
        *violations("I2", "in intake, but nobody asked for it", facts.intake.keys() - possible, _KEY_OF),
        *violations("I2", "in dispatch, but not in intake", facts.cases.keys() - facts.intake.keys(), _IN_INTAKE),
        *violations("I2", "in the ledger, but not in intake", facts.ledger.keys() - facts.intake.keys(), _IN_INTAKE),
        *violations("I2", "entries of nothing", facts.histories.keys() - facts.ledger.keys(), _IN_LEDGER),
        *violations("I2", "refused, but accepted all the same", refused & facts.keys.keys(), _BY_KEY),
    ]

"""I3: every complaint's history in the ledger is whole, in order and legal."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from chaos.checker.evidence import Violation, violations
from chaos.checker.facts import Entry, Facts
from contracts.lifecycle import TRANSITIONS, EventType, IllegalTransition, Status, next_status

_HISTORY = """
ledger: SELECT position, source, sequence, type, status_before, status_after FROM entry
WHERE complaint_id = '{id}' ORDER BY position
""".strip()
_STATUS = "ledger: SELECT status, version FROM ledger_complaint WHERE complaint_id = '{id}'"


def whole_and_legal(facts: Facts) -> list[Violation]:
    """I3: each source's numbers are 1, 2, 3… in the order of the entries, each step is legal, the status is the last's.

    The first entry is that of the reception, since nothing else is legal at the beginning.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for complaint, entries in facts.histories.items():
        for flaw in _flaws(entries, facts.ledger.get(complaint)):
            found[flaw].add(complaint)
    return [
        violation
        for flaw, ids in sorted(found.items())
        for violation in violations("I3", flaw, ids, _STATUS if flaw.startswith("status") else _HISTORY)
    ]


def _flaws(entries: Sequence[Entry], complaint: Any | None) -> Iterator[str]:
    status: Status | None = None
    last: dict[str, int] = defaultdict(int)
    for entry in entries:
        if entry.sequence != last[entry.source] + 1:
            yield "a gap, or out of order"
        last[entry.source] = entry.sequence
        if entry.source != TRANSITIONS[EventType(entry.type)].owner:
            yield "from a service that it cannot come from"
        try:
            after = next_status(status, EventType(entry.type))
        except IllegalTransition:
            yield "an illegal step"
            after = Status(entry.after)
        if (entry.before, entry.after) != (status, after):
            yield "entered with other states than its place in the history gives it"
        status = after
    if complaint is not None and complaint["status"] != status:
        yield "status is not what the entries lead to"

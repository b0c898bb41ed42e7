"""The index of entries that are of no usual kind: few among many, which a list by kind would look for among all.

The planner recognises the index only by the same condition, so statements take it from here.
"""

import sqlalchemy as sa

from contracts.lifecycle import EventType
from ledger_service.domain.entry_types import EntryType

USUAL: frozenset[EntryType] = frozenset(
    {
        EventType.RECEIVED,
        EventType.ASSIGNED,
        EventType.ACCEPTED,
        EventType.STARTED,
        EventType.RESOLVED,
        EventType.VERIFIED,
        EventType.FOLLOWED_UP,
        EventType.CLOSED,
        EventType.FEEDBACK_RECEIVED,
    }
)
"""Kinds of which the last entries are never far: they need no index, which each of them would make longer."""
IS_RARE = f"type NOT IN ({', '.join(repr(str(each)) for each in sorted(USUAL))})"


def add_rare_index(entry: sa.Table) -> None:
    """Add the index to the table of entries."""
    columns = entry.c
    sa.Index("entry_rare", columns.tenant, columns.type, columns.position, postgresql_where=sa.text(IS_RARE))

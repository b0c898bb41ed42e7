"""The index of entries that were recorded long after what they tell of: few, unless a history was imported.

All others are recorded within `MOST_DELAY`, so that their place in the ledger says roughly when it happened. The
planner recognises the index only by the same condition, so statements take it from here.
"""

from datetime import timedelta

import sqlalchemy as sa

MOST_DELAY = timedelta(days=1)
IS_LATE = f"recorded_at - occurred_at > INTERVAL '{MOST_DELAY.days} day'"


def add_late_index(entry: sa.Table) -> None:
    """Add the index to the table of entries."""
    sa.Index("entry_late", entry.c.tenant, entry.c.position, postgresql_where=sa.text(IS_LATE))

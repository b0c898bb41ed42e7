"""Let the indexes of words and of likeness gather what is new before they take it in, and not much of it.

Taken in one by one, a text rewrites the list of every pair that it has: 60 kB of WAL each. What is gathered is gone
through by each search, so it is kept short.

Each is a transaction of its own, which reads no row. It locks its index for a moment, and until it has it, searches
wait behind it: as long as a migration may wait for a lock at the most. A file of complaints that is being downloaded
since before keeps it waiting; the migration fails then, and can be run again.
"""

from alembic import op

revision = "0037"
down_revision = "0034"
branch_labels = None
depends_on = None

_GATHERED = {"complaint_likeness_keys": 256, "complaint_text_words": 512}
"""Kilobytes, by index: a few hundred texts."""


def upgrade() -> None:
    for index, most in _GATHERED.items():
        _alter(index, f"SET (fastupdate = on, gin_pending_list_limit = {most})")


def downgrade() -> None:
    _alter("complaint_likeness_keys", "SET (fastupdate = off, gin_pending_list_limit = 4096)")
    _alter("complaint_text_words", "RESET (fastupdate, gin_pending_list_limit)")


def _alter(index: str, change: str) -> None:
    with op.get_context().autocommit_block():
        op.execute(f"ALTER INDEX {index} {change}")

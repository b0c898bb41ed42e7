"""Let the indexes of words and of likeness gather what is new before they take it in, and not much of it.

Taken in one by one, a text rewrites the list of every pair that it has: 60 kB of WAL each. What is gathered is gone
through by each search, so it is kept short. Setting this takes a moment's lock of the index and reads no row.
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
        op.execute(f"ALTER INDEX {index} SET (fastupdate = on, gin_pending_list_limit = {most})")


def downgrade() -> None:
    op.execute("ALTER INDEX complaint_likeness_keys SET (fastupdate = off)")
    op.execute("ALTER INDEX complaint_likeness_keys RESET (gin_pending_list_limit)")
    op.execute("ALTER INDEX complaint_text_words RESET (fastupdate, gin_pending_list_limit)")

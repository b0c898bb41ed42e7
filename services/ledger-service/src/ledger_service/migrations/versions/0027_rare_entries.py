"""An index of the entries that are of no usual kind, for lists by kind."""

import sqlalchemy as sa

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

USUAL = (
    *("accepted", "assigned", "closed", "feedback_received", "followed_up", "received", "resolved", "started"),
    "verified",
)
IS_RARE = f"type NOT IN ({', '.join(repr(f'complaint.{each}') for each in USUAL)})"


def upgrade() -> None:
    columns = ["tenant", "type", "position"]
    create_index_online("entry_rare", "entry", columns, postgresql_where=sa.text(IS_RARE))


def downgrade() -> None:
    drop_index_online("entry_rare", "entry")

"""Supervision orders that nobody has answered, for lists of their cases."""

import sqlalchemy as sa

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_NAME = "supervision_order_unanswered"


def upgrade() -> None:
    columns = ["tenant", "deadline", "complaint_id"]
    create_index_online(_NAME, "supervision_order", columns, postgresql_where=sa.text("reply IS NULL"))


def downgrade() -> None:
    drop_index_online(_NAME, "supervision_order")

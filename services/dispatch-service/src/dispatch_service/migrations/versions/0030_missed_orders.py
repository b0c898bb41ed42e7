"""Supervision orders can be withdrawn, and whoever has given one is told when its deadline is missed."""

import sqlalchemy as sa
from alembic import op

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_TABLE, _NAME = "supervision_order", "supervision_order_due"
_COLUMNS = ("withdrawn_by", "withdrawn_at", "withdrawal_reason", "missed_at")


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    for column in (
        sa.Column("withdrawn_by", sa.Text),
        sa.Column("withdrawn_at", moment),
        sa.Column("withdrawal_reason", sa.Text),
        sa.Column("missed_at", moment, comment="when its missed deadline was seen"),
    ):
        op.add_column(_TABLE, column, if_not_exists=True)
    runs = sa.text("reply IS NULL AND withdrawn_at IS NULL AND missed_at IS NULL")
    create_index_online(_NAME, _TABLE, ["deadline"], postgresql_where=runs)


def downgrade() -> None:
    drop_index_online(_NAME, _TABLE)
    for name in _COLUMNS:
        op.drop_column(_TABLE, name)

"""Supervision orders by rule 自动督办: a round of a case has one of each level at the most."""

import sqlalchemy as sa
from alembic import op

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

_TABLE, _NAME = "supervision_order", "supervision_order_of_level"


def upgrade() -> None:
    of_round = sa.Column("case_round", sa.Integer, comment="of an order by rule")
    op.add_column(_TABLE, of_round, if_not_exists=True)
    level = sa.Column("level", sa.SmallInteger, comment="of an order by rule: per cent of the limit")
    op.add_column(_TABLE, level, if_not_exists=True)
    by_rule = sa.text("level IS NOT NULL")
    create_index_online(_NAME, _TABLE, ["complaint_id", "case_round", "level"], unique=True, postgresql_where=by_rule)


def downgrade() -> None:
    drop_index_online(_NAME, _TABLE)
    for name in ("level", "case_round"):
        op.drop_column(_TABLE, name)

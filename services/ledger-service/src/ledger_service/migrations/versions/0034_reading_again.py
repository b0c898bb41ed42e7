"""A ledger that reads its topic again knows up to where, and what it has to do by rule once it is there."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "reading_again",
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("until", sa.BigInteger, nullable=False, comment="the offset at which the partition ended"),
        sa.Column("since", _MOMENT, nullable=False, server_default=sa.func.now()),
        if_not_exists=True,
    )
    op.create_table(
        "held_cause",
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("complaint_id", sa.Uuid, primary_key=True),
        sa.Column("type", sa.Text, primary_key=True),
        sa.Column("event_id", sa.Uuid, nullable=False, comment="the newest of its type, which is entered"),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("correlation_id", sa.Uuid, nullable=False),
        sa.Column("traceparent", sa.Text),
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_table("held_cause")
    op.drop_table("reading_again")

"""The live view: the directory, who is on duty, tickets for the stream, and when a case's light turns yellow."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "directory",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="community, grid or team"),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False, comment="of the event that it is known from"),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("community", sa.Text(), nullable=True, comment="of a grid or a team"),
        sa.Column("team", sa.Text(), nullable=True, comment="of a grid"),
        sa.PrimaryKeyConstraint("tenant", "kind", "code"),
    )
    op.create_table(
        "team_duty",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False, comment="of the event that it is known from"),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.Column("on_duty", sa.Integer(), nullable=False, comment="of those planned"),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("until", _MOMENT, nullable=True, comment="when the roster changes that next, within a day"),
        sa.PrimaryKeyConstraint("tenant", "team"),
    )
    op.create_table(
        "stream_ticket",
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the ticket, which is kept nowhere"),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("roles", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False, comment="of the token that it was asked for with"),
        sa.Column("valid_until", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.add_column(
        "ledger_complaint",
        sa.Column("warn_at", _MOMENT, nullable=True, comment="when its light turns yellow, where an event has said it"),
        if_not_exists=True,
    )
    # The entries of today are found by it, also while many come in: what is not summarized is read whole.
    op.execute("ALTER INDEX entry_by_time SET (autosummarize = on)")


def downgrade() -> None:
    op.execute("ALTER INDEX entry_by_time RESET (autosummarize)")
    op.drop_column("ledger_complaint", "warn_at")
    for table in ("stream_ticket", "team_duty", "directory"):
        op.drop_table(table)

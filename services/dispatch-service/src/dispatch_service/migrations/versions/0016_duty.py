"""How many of each team are on duty, as it was published last."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "team_duty",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("planned", sa.Integer(), nullable=False, server_default="0", comment="duties that go on"),
        sa.Column("on_duty", sa.Integer(), nullable=False, server_default="0", comment="clocked in and not out"),
        sa.Column("at", _MOMENT, nullable=False, server_default=sa.text("statement_timestamp()")),
        sa.Column("until", _MOMENT, nullable=True, comment="when a duty begins or ends next, within a day"),
        sa.PrimaryKeyConstraint("tenant", "team"),
        comment="as it was published last",
    )


def downgrade() -> None:
    op.drop_table("team_duty")

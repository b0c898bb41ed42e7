"""Templates of rosters by week."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "roster_template",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("weeks", JSONB(), nullable=False, comment="worked in turn: places, each with its weekday"),
        sa.Column("turns_from", sa.Date(), nullable=False, comment="a day of a week in which the first is worked"),
        sa.Column("holiday", sa.Text(), nullable=False),
        sa.Column("make_up_workday", sa.Text(), nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.CheckConstraint("holiday IN ('skip', 'as_sunday', 'as_usual')", name="roster_template_holiday"),
        sa.CheckConstraint(
            "make_up_workday IN ('as_replaced', 'as_monday', 'as_usual')", name="roster_template_make_up_workday"
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "team"], ["team.tenant", "team.code"], ondelete="CASCADE", name="roster_template_team"
        ),
        sa.PrimaryKeyConstraint("tenant", "id"),
        sa.UniqueConstraint("tenant", "team", "name", name="roster_template_name"),
    )


def downgrade() -> None:
    op.drop_table("roster_template")

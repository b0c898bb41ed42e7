"""Rosters have versions, and what was asked about a duty outlives it."""

import sqlalchemy as sa
from alembic import op

from runtime.online_indexes import validate_online

revision = "0036"
down_revision = "0034"
branch_labels = None
depends_on = None

_TABLE, _STATE = "duty_request", "duty_request_state"
_DUTIES = {"duty_request_duty": "duty", "duty_request_other": "other_duty"}


def upgrade() -> None:
    op.create_table(
        "roster",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="counts the changes of the team's duties by planners"
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "team"], ["team.tenant", "team.code"], ondelete="CASCADE", name="roster_team"
        ),
        sa.PrimaryKeyConstraint("tenant", "team"),
        if_not_exists=True,
    )
    for name in _DUTIES:
        op.drop_constraint(name, _TABLE, if_exists=True)
    op.alter_column(_TABLE, "state", comment="pending, approved, refused, or dropped with the duty")
    _let_state_be("'pending', 'approved', 'refused', 'dropped'")


def downgrade() -> None:
    op.execute("UPDATE duty_request SET state = 'refused' WHERE state = 'dropped'")
    op.alter_column(_TABLE, "state", comment="pending, approved or refused")
    _let_state_be("'pending', 'approved', 'refused'")
    op.execute("""
        DELETE FROM duty_request AS r
        WHERE NOT EXISTS (SELECT FROM duty WHERE duty.id = r.duty)
           OR r.other_duty IS NOT NULL AND NOT EXISTS (SELECT FROM duty WHERE duty.id = r.other_duty)
    """)
    for name, column in _DUTIES.items():
        op.create_foreign_key(name, _TABLE, "duty", [column], ["id"], ondelete="CASCADE", postgresql_not_valid=True)
        validate_online(_TABLE, name)
    op.drop_table("roster")


def _let_state_be(values: str) -> None:
    op.drop_constraint(_STATE, _TABLE, if_exists=True)
    op.create_check_constraint(_STATE, _TABLE, f"state IN ({values})", postgresql_not_valid=True)
    validate_online(_TABLE, _STATE)

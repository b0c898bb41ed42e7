"""Rosters have versions, what was asked about a duty outlives it, and suspensions have an end."""

import sqlalchemy as sa
from alembic import op

from runtime.online_indexes import create_index_online, drop_index_online, validate_online

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_TABLE, _STATE = "duty_request", "duty_request_state"
_DUTIES = {"duty_request_duty": "duty", "duty_request_other": "other_duty"}
_CASE, _SUSPENDED = "dispatch_case", "dispatch_case_suspended"


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
    until = sa.Column(
        "suspended_until", sa.DateTime(timezone=True), nullable=True, comment="then it comes back by itself"
    )
    op.add_column(_CASE, until, if_not_exists=True)
    op.alter_column("case_request", "lapsed_at", comment="another grade came, or the suspension was over")
    for name in _DUTIES:
        op.drop_constraint(name, _TABLE, if_exists=True)
    op.alter_column(_TABLE, "state", comment="pending, approved, refused, or dropped with the duty")
    _let_state_be("'pending', 'approved', 'refused', 'dropped'")
    create_index_online(_SUSPENDED, _CASE, ["suspended_until"], postgresql_where=sa.text("status = 'suspended'"))


def downgrade() -> None:
    drop_index_online(_SUSPENDED, _CASE)
    op.drop_column(_CASE, "suspended_until")
    op.alter_column("case_request", "lapsed_at", comment="of an extension: another grade set all times anew")
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

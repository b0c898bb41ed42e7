"""Shifts, duties, what officers ask about them, attendance, and positions."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "shift",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("begins", sa.Time(), nullable=False, comment="on the county's clock"),
        sa.Column("ends", sa.Time(), nullable=False, comment="not later than begins: on the next day"),
        sa.Column(
            "generated", sa.Boolean(), nullable=False, server_default=sa.false(), comment="made up for a demonstration"
        ),
        sa.PrimaryKeyConstraint("tenant", "code"),
    )
    op.create_table(
        "duty",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("shift", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("post", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False, comment="of the officer's token"),
        sa.Column("begins_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="planned or leave"),
        sa.Column("clocked_in_at", _MOMENT, nullable=True),
        sa.Column("clocked_in_metres", sa.Integer(), nullable=True, comment="from the post or the grid"),
        sa.Column("clocked_out_at", _MOMENT, nullable=True),
        sa.Column("clocked_out_metres", sa.Integer(), nullable=True),
        sa.CheckConstraint("state IN ('planned', 'leave')", name="duty_state"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("duty_by_begin", "duty", ["tenant", "begins_at", "id"])
    op.create_index("duty_by_officer", "duty", ["tenant", "subject", "begins_at"])
    op.create_index("duty_by_team", "duty", ["tenant", "team", "day"])
    _create_requests()
    op.create_table(
        "position",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("accuracy_metres", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "subject", "at"),
        comment="where officers were; rows go after some weeks",
    )
    op.create_index("position_by_time", "position", ["at"], postgresql_using="brin")


def _create_requests() -> None:
    op.create_table(
        "duty_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("duty", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="leave, handover or swap"),
        sa.Column("to_subject", sa.Text(), nullable=True, comment="who takes over"),
        sa.Column("other_duty", sa.Uuid(), nullable=True, comment="what is given in exchange"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="pending, approved or refused"),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", _MOMENT, nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('leave', 'handover', 'swap')", name="duty_request_kind"),
        sa.CheckConstraint("state IN ('pending', 'approved', 'refused')", name="duty_request_state"),
        sa.ForeignKeyConstraint(["duty"], ["duty.id"], ondelete="CASCADE", name="duty_request_duty"),
        sa.ForeignKeyConstraint(["other_duty"], ["duty.id"], ondelete="CASCADE", name="duty_request_other"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("duty_request_by_state", "duty_request", ["tenant", "state", "id"])
    op.create_index("duty_request_by_duty", "duty_request", ["duty"])
    op.create_index(
        "duty_request_by_other", "duty_request", ["other_duty"], postgresql_where=sa.text("other_duty IS NOT NULL")
    )


def downgrade() -> None:
    for table in ("position", "duty_request", "duty", "shift"):
        op.drop_table(table)

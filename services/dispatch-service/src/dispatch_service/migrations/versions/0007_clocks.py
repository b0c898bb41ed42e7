"""Clocks of cases: limits and calendar, promised times, timers, requests of units, supervision orders."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_AT_WORK = "status IN ('assigned', 'accepted', 'in_progress')"


def _time(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _columns() -> list[sa.Column]:
    return [
        sa.Column("grade", sa.Text(), server_default="ordinary", nullable=False),
        sa.Column("clock_unit", sa.Text(), nullable=True),
        sa.Column("clock_budget", sa.Interval(), nullable=True, comment="time to resolve it, in the unit"),
        sa.Column(
            "clock_version", sa.BigInteger(), server_default="0", nullable=False, comment="of limits and calendar"
        ),
        sa.Column(
            "clock_round", sa.Integer(), server_default="0", nullable=False, comment="the round it was started for"
        ),
        _time("begun_at", nullable=True),
        _time("accept_by", nullable=True),
        _time("on_site_by", nullable=True),
        _time("warn_at", nullable=True),
        _time("promised_at", nullable=True),
        _time("twice_at", nullable=True),
        sa.Column(
            "escalated", sa.SmallInteger(), server_default="0", nullable=False, comment="highest level announced"
        ),
        sa.Column("timer_at", sa.DateTime(timezone=True), nullable=True, comment="when the next level is reached"),
        _time("suspended_at", nullable=True),
        sa.Column("extensions", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("suspensions", sa.SmallInteger(), server_default="0", nullable=False),
    ]


def upgrade() -> None:
    for column in _columns():
        op.add_column("dispatch_case", column, if_not_exists=True)
    _create_tables()
    at_work = sa.text(_AT_WORK)
    create_index_online("dispatch_case_timer", "dispatch_case", ["timer_at"], postgresql_where=at_work)
    create_index_online("dispatch_case_by_deadline", "dispatch_case", ["tenant", "promised_at", "complaint_id"])
    create_index_online(
        "dispatch_case_by_clock", "dispatch_case", ["tenant", "clock_version"], postgresql_where=at_work
    )
    new_round = sa.text(f"clock_round < round AND {_AT_WORK}")
    create_index_online("dispatch_case_new_round", "dispatch_case", ["complaint_id"], postgresql_where=new_round)


def _create_tables() -> None:
    op.create_table(
        "clock_setting",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="limits, office_hours, or calendar:YEAR"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        _time("changed_at"),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "name"),
        if_not_exists=True,
    )
    op.create_table(
        "case_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        _time("until", nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        _time("asked_at"),
        sa.Column("decided_by", sa.Text(), nullable=True),
        _time("decided_at", nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('extension', 'suspension', 'resumption')", name="case_request_kind"),
        sa.CheckConstraint("state IN ('open', 'approved', 'refused')", name="case_request_state"),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index("case_request_of_case", "case_request", ["complaint_id"], unique=False, if_not_exists=True)
    op.create_index(
        "case_request_by_state", "case_request", ["tenant", "state", "id"], unique=False, if_not_exists=True
    )
    open_ones = sa.text("state = 'open'")
    op.create_index(
        "case_request_open",
        "case_request",
        ["complaint_id", "kind"],
        unique=True,
        postgresql_where=open_ones,
        if_not_exists=True,
    )
    op.create_table(
        "supervision_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        _time("deadline"),
        sa.Column("ordered_by", sa.Text(), nullable=False),
        _time("ordered_at"),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("replied_by", sa.Text(), nullable=True),
        _time("replied_at", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index(
        "supervision_order_of_case", "supervision_order", ["complaint_id"], unique=False, if_not_exists=True
    )


def downgrade() -> None:
    for index in ("new_round", "by_clock", "by_deadline", "timer"):
        drop_index_online(f"dispatch_case_{index}", "dispatch_case")
    for table in ("supervision_order", "case_request", "clock_setting"):
        op.drop_table(table)
    for column in reversed(_columns()):
        op.drop_column("dispatch_case", column.name)

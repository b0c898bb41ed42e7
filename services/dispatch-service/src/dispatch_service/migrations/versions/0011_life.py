"""The life of cases: returns, supporting units, conferences, transfers, rectification, photos.

Clocks run on while a returned case waits for another unit, so the indexes of clocks hold received cases as well.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from runtime.online_indexes import create_index_online, drop_index_online, validate_online

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_OLD_AT_WORK = "status IN ('assigned', 'accepted', 'in_progress')"
_AT_WORK = "status IN ('received', 'assigned', 'accepted', 'in_progress')"
_CHECKS = {
    "kind": ("'extension', 'suspension', 'resumption'", "'extension', 'suspension', 'resumption', 'return'"),
    "state": ("'open', 'approved', 'refused'", "'open', 'approved', 'refused', 'dropped'"),
}
_RECORDS = ("case_transfer", "case_rectification", "case_conference", "case_contribution")


def _text(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _list(name: str) -> sa.Column:
    return sa.Column(name, postgresql.JSONB(), server_default="[]", nullable=False)


def _case_columns() -> list[sa.Column]:
    return [
        sa.Column(
            "responsible_team",
            sa.Text(),
            nullable=True,
            comment="answers for it until another has accepted; null: team",
        ),
        _list("photos"),
        sa.Column(
            "start_distance_metres",
            sa.Integer(),
            nullable=True,
            comment="from the complaint to where the work was started",
        ),
        sa.Column("far_start", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("reinspection", sa.Text(), nullable=True, comment="where the last order of rectification stands"),
        sa.Column(
            "rectify_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="of the order that waits for re-inspection",
        ),
    ]


def _request_columns() -> list[sa.Column]:
    return [
        sa.Column("round", sa.Integer(), nullable=True),
        sa.Column("team", sa.Text(), nullable=True, comment="that has asked"),
        sa.Column("proposed_team", sa.Text(), nullable=True),
        sa.Column("next_team", sa.Text(), nullable=True, comment="that got the case with the approval"),
    ]


def upgrade() -> None:
    for column in _case_columns():
        op.add_column("dispatch_case", column, if_not_exists=True)
    for column in _request_columns():
        op.add_column("case_request", column, if_not_exists=True)
    op.alter_column("clock_setting", "name", comment="limits, office_hours, field_work, or calendar:YEAR")
    _check_requests(1)
    _create_records()
    _index_clocks(_AT_WORK)
    create_index_online(
        "dispatch_case_reinspection",
        "dispatch_case",
        ["rectify_until"],
        postgresql_where=sa.text("reinspection = 'ordered' AND status = 'in_progress'"),
    )
    create_index_online(
        "dispatch_case_by_reinspection",
        "dispatch_case",
        ["tenant", "rectify_until", "complaint_id"],
        postgresql_where=sa.text("rectify_until IS NOT NULL"),
    )
    for name in _CHECKS:
        validate_online("case_request", f"case_request_{name}")


def _check_requests(which: int) -> None:
    for name, values in _CHECKS.items():
        constraint = f"case_request_{name}"
        op.drop_constraint(constraint, "case_request", if_exists=True)
        op.create_check_constraint(
            constraint, "case_request", f"{name} IN ({values[which]})", postgresql_not_valid=True
        )


def _index_clocks(at_work: str) -> None:
    """Build the indexes of clocks anew; until one is there, its queries take longer."""
    where = sa.text(at_work)
    create_index_online("dispatch_case_timer", "dispatch_case", ["timer_at"], postgresql_where=where)
    create_index_online("dispatch_case_by_clock", "dispatch_case", ["tenant", "clock_version"], postgresql_where=where)
    new_round = sa.text(f"clock_round < round AND {at_work}")
    create_index_online("dispatch_case_new_round", "dispatch_case", ["complaint_id"], postgresql_where=new_round)


def _create_record(name: str, *columns: sa.Column | sa.Constraint) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Uuid(), nullable=False),
        _text("tenant"),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index(f"{name}_of_case", name, ["complaint_id"], unique=False, if_not_exists=True)


def _create_records() -> None:
    _create_record("case_contribution", _text("team"), _text("text"), _list("photos"), _text("actor"), _time("at"))
    _create_record(
        "case_conference",
        _list("participants"),
        _text("record"),
        _text("lead"),
        _list("supporting"),
        _time("held_at"),
        _text("recorded_by"),
        _time("recorded_at"),
    )
    _create_record(
        "case_rectification",
        sa.Column("number", sa.SmallInteger(), nullable=False, comment="counted in the round, from 1"),
        _text("team"),
        _text("notice"),
        _time("until"),
        _list("photos"),
        _text("ordered_by"),
        _time("ordered_at"),
        _time("announced_at", nullable=True),
        _text("inspected_by", nullable=True),
        _time("inspected_at", nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=True),
        _text("note", nullable=True),
        _list("inspection_photos"),
    )
    _create_transfers()


def _create_transfers() -> None:
    op.create_table(
        "department",
        _text("tenant"),
        _text("code"),
        _text("name"),
        sa.Column("contact_system", sa.Text(), nullable=True, comment="name of the system that its numbers come from"),
        sa.Column(
            "generated",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="made up for a demonstration",
        ),
        sa.PrimaryKeyConstraint("tenant", "code"),
        if_not_exists=True,
    )
    _create_record(
        "case_transfer",
        _text("department"),
        _text("external_ref"),
        _text("reason"),
        _text("transferred_by"),
        _time("transferred_at"),
        _text("state"),
        _text("ended_by", nullable=True),
        _time("ended_at", nullable=True),
        _time("answered_at", nullable=True),
        _text("handling_mode", nullable=True),
        sa.Column("result", sa.Text(), nullable=True, comment="their answer"),
        _text("recall_reason", nullable=True),
        _list("photos"),
        sa.ForeignKeyConstraint(["tenant", "department"], ["department.tenant", "department.code"]),
        sa.CheckConstraint("state IN ('open', 'answered', 'recalled')", name="case_transfer_state"),
    )
    op.create_index(
        "case_transfer_by_department", "case_transfer", ["tenant", "department"], unique=False, if_not_exists=True
    )
    op.create_index(
        "case_transfer_open",
        "case_transfer",
        ["complaint_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
        if_not_exists=True,
    )


def downgrade() -> None:
    """Requests for returns, and those that were dropped, are lost."""
    for index in ("by_reinspection", "reinspection"):
        drop_index_online(f"dispatch_case_{index}", "dispatch_case")
    _index_clocks(_OLD_AT_WORK)
    for table in (*_RECORDS, "department"):
        op.drop_table(table)
    op.execute("DELETE FROM case_request WHERE kind = 'return' OR state = 'dropped'")
    _check_requests(0)
    op.alter_column("clock_setting", "name", comment="limits, office_hours, or calendar:YEAR")
    op.execute("DELETE FROM clock_setting WHERE name = 'field_work'")
    for column in reversed(_request_columns()):
        op.drop_column("case_request", column.name)
    for column in reversed(_case_columns()):
        op.drop_column("dispatch_case", column.name)

"""The tables and columns of a case's life besides its clock: units, conferences, transfers, rectification."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

REINSPECTIONS = ("ordered", "due", "passed", "failed")
TRANSFERS = ("open", "answered", "recalled")
_WAITING = "reinspection = 'ordered' AND status = 'in_progress'"
"""Cases whose re-inspection somebody has to be told of."""
HAS_UNKNOWN_PHOTOS = "unknown_photos <> '{}'"


def life_columns() -> list[sa.Column[object]]:
    """Return what a case has of its life besides states and times."""
    return [
        sa.Column("responsible_team", sa.Text, comment="answers for it until another has accepted; null: team"),
        _list("photos"),
        sa.Column(
            "unknown_photos",
            ARRAY(sa.Uuid),
            nullable=False,
            server_default="{}",
            comment="that the work names and intake does not have",
        ),
        sa.Column("start_distance_metres", sa.Integer, comment="from the complaint to where the work was started"),
        sa.Column("far_start", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("reinspection", sa.Text, comment="where the last order of rectification stands"),
        sa.Column("rectify_until", sa.DateTime(timezone=True), comment="of the order that waits for re-inspection"),
    ]


def add_life_indexes(case: sa.Table) -> None:
    """Add the indexes that the timer of re-inspections, lists of them and of missing photos need."""
    sa.Index("dispatch_case_reinspection", case.c.rectify_until, postgresql_where=sa.text(_WAITING))
    waiting = case.c.rectify_until.is_not(None)
    sa.Index(
        "dispatch_case_by_reinspection",
        case.c.tenant,
        case.c.rectify_until,
        case.c.complaint_id,
        postgresql_where=waiting,
    )
    unknown = sa.text(HAS_UNKNOWN_PHOTOS)
    sa.Index("dispatch_case_unknown_photos", case.c.tenant, case.c.complaint_id, postgresql_where=unknown)


def add_life_tables(metadata: sa.MetaData) -> None:
    """Add conferences, transfers, orders of rectification, contributions and departments."""
    _record(
        metadata,
        "case_contribution",
        _text("team"),
        _text("text"),
        _list("photos"),
        _text("actor"),
        _time("at"),
        sa.Column("supporting", sa.Boolean, comment="the lead; null: told by a release that did not say"),
        sa.Column("distance_metres", sa.Integer, comment="from the complaint to where the officer was"),
        sa.Column("part_done", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    _record(
        metadata,
        "case_conference",
        _list("participants"),
        _text("record"),
        _text("lead"),
        _list("supporting"),
        _time("held_at"),
        _text("recorded_by"),
        _time("recorded_at"),
    )
    _record(
        metadata,
        "case_rectification",
        sa.Column("number", sa.SmallInteger, nullable=False, comment="counted in the round, from 1"),
        _text("team"),
        _text("notice"),
        _time("until"),
        _list("photos"),
        _text("ordered_by"),
        _time("ordered_at"),
        _time("announced_at", nullable=True),
        sa.Column("inspected_by", sa.Text),
        _time("inspected_at", nullable=True),
        sa.Column("passed", sa.Boolean),
        sa.Column("note", sa.Text),
        _list("inspection_photos"),
    )
    _add_transfers(metadata)


def _add_transfers(metadata: sa.MetaData) -> None:
    sa.Table(
        "department",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("code", sa.Text, primary_key=True),
        _text("name"),
        sa.Column("contact_system", sa.Text, comment="name of the system that its numbers come from"),
        sa.Column(
            "generated", sa.Boolean, nullable=False, server_default=sa.false(), comment="made up for a demonstration"
        ),
    )
    transfer = _record(
        metadata,
        "case_transfer",
        _text("department"),
        _text("external_ref"),
        _text("reason"),
        _text("transferred_by"),
        _time("transferred_at"),
        _text("state"),
        sa.Column("ended_by", sa.Text),
        _time("ended_at", nullable=True),
        _time("answered_at", nullable=True),
        sa.Column("handling_mode", sa.Text),
        sa.Column("result", sa.Text, comment="their answer"),
        sa.Column("recall_reason", sa.Text),
        _list("photos"),
    )
    transfer.append_constraint(
        sa.ForeignKeyConstraint(["tenant", "department"], ["department.tenant", "department.code"])
    )
    transfer.append_constraint(sa.CheckConstraint(sa.column("state").in_(TRANSFERS), name="case_transfer_state"))
    sa.Index("case_transfer_by_department", transfer.c.tenant, transfer.c.department)
    is_open = transfer.c.state == "open"
    sa.Index("case_transfer_open", transfer.c.complaint_id, unique=True, postgresql_where=is_open)


def _record(metadata: sa.MetaData, name: str, *columns: sa.Column[object]) -> sa.Table:
    """Add a table of what happened to cases, each row in a round of one."""
    table = sa.Table(
        name,
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("complaint_id", sa.Uuid, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        *columns,
    )
    sa.Index(f"{name}_of_case", table.c.complaint_id)
    return table


def _text(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Text, nullable=False)


def _list(name: str) -> sa.Column[object]:
    return sa.Column(name, JSONB, nullable=False, server_default="[]")


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)

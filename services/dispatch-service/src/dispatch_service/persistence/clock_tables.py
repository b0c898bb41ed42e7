"""The tables and columns of clocks: settings, the times of each case, what units ask for, supervision orders."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from dispatch_service.persistence.stage_columns import add_escalation_index, stage_columns

AT_WORK = "status IN ('received', 'assigned', 'accepted', 'in_progress', 'transferred')"
"""Whose clocks run and have timers; a case is received here while it waits for another unit, and transferred while a
department has it."""
ORDER_RUNS = "reply IS NULL AND withdrawn_at IS NULL AND missed_at IS NULL"
"""Supervision orders whose deadline somebody has to be told of."""
ANSWER_UNTOLD = "reply IS NOT NULL AND NOT answer_told"
"""Supervision orders that were answered at a replica of a version that tells of no answers."""
WITH_A_CLOCK = "status IN ('received', 'assigned', 'accepted', 'in_progress', 'transferred', 'suspended')"
"""Whose promised times follow limits and calendar: also of those that are laid aside, whose clocks stand."""
KINDS = ("extension", "suspension", "resumption", "return")
STATES = ("open", "approved", "refused", "dropped")


def clock_columns() -> list[sa.Column[object]]:
    """Return what a case has of its clock, all null or 0 until somebody who knows of clocks has set it."""
    return [
        sa.Column("grade", sa.Text, nullable=False, server_default="ordinary"),
        sa.Column("clock_unit", sa.Text),
        sa.Column("clock_budget", sa.Interval, comment="time to resolve it, in the unit"),
        sa.Column("clock_version", sa.BigInteger, nullable=False, server_default="0", comment="of limits and calendar"),
        sa.Column(
            "clock_round", sa.Integer, nullable=False, server_default="0", comment="the round it was started for"
        ),
        _time("begun_at", nullable=True),
        _time("accept_by", nullable=True),
        _time("on_site_by", nullable=True),
        _time("warn_at", nullable=True),
        _time("promised_at", nullable=True),
        _time("twice_at", nullable=True),
        sa.Column("escalated", sa.SmallInteger, nullable=False, server_default="0", comment="highest level announced"),
        sa.Column("timer_at", sa.DateTime(timezone=True), comment="when the next level is reached"),
        _time("suspended_at", nullable=True),
        sa.Column("suspended_until", sa.DateTime(timezone=True), comment="then it comes back by itself"),
        sa.Column("order_deadline", sa.DateTime(timezone=True), comment="of a superior's order"),
        sa.Column("extensions", sa.SmallInteger, nullable=False, server_default="0"),
        sa.Column("suspensions", sa.SmallInteger, nullable=False, server_default="0"),
        sa.Column("waiting_since", sa.DateTime(timezone=True), comment="for the reporter's answer"),
        sa.Column("waits", sa.SmallInteger, nullable=False, server_default="0", comment="for the reporter's answer"),
        *stage_columns(),
    ]


def add_clock_indexes(case: sa.Table) -> None:
    """Add the indexes that timers and renewal of clocks need."""
    at_work = sa.text(AT_WORK)
    # by which replicas of the version before fire; it goes with the next release
    sa.Index("dispatch_case_timer", case.c.timer_at, postgresql_where=at_work)
    add_escalation_index(case)
    suspended = sa.text("status = 'suspended'")
    sa.Index("dispatch_case_suspended", case.c.suspended_until, postgresql_where=suspended)
    with_a_clock = sa.text(WITH_A_CLOCK)
    sa.Index("dispatch_case_by_clock", case.c.tenant, case.c.clock_version, postgresql_where=with_a_clock)
    new_round = sa.text(f"clock_round < round AND {AT_WORK}")
    sa.Index("dispatch_case_new_round", case.c.complaint_id, postgresql_where=new_round)


def add_clock_tables(metadata: sa.MetaData) -> None:
    """Add settings, requests and supervision orders to the metadata."""
    sa.Table(
        "clock_setting",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True, comment="limits, office_hours, field_work, or calendar:YEAR"),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("content", JSONB, nullable=False),
        _time("changed_at"),
        sa.Column("changed_by", sa.Text, nullable=False),
    )
    request = sa.Table(
        "case_request",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("complaint_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        _time("until", nullable=True),
        sa.Column("asked_by", sa.Text, nullable=False),
        _time("asked_at"),
        sa.Column("decided_by", sa.Text),
        _time("decided_at", nullable=True),
        sa.Column("note", sa.Text),
        sa.Column("round", sa.Integer),
        sa.Column("team", sa.Text, comment="that has asked"),
        sa.Column("proposed_team", sa.Text),
        sa.Column("next_team", sa.Text, comment="that got the case with the approval"),
        sa.Column("lapsed_at", sa.DateTime(timezone=True), comment="another grade came, or the suspension was over"),
        sa.CheckConstraint(sa.column("kind").in_(KINDS), name="case_request_kind"),
        sa.CheckConstraint(sa.column("state").in_(STATES), name="case_request_state"),
    )
    sa.Index("case_request_of_case", request.c.complaint_id)
    sa.Index("case_request_by_state", request.c.tenant, request.c.state, request.c.id)
    open_ones = sa.text("state = 'open'")
    sa.Index("case_request_open", request.c.complaint_id, request.c.kind, unique=True, postgresql_where=open_ones)
    order = sa.Table(
        "supervision_order",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("complaint_id", sa.Uuid, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        _time("deadline"),
        sa.Column("ordered_by", sa.Text, nullable=False),
        _time("ordered_at"),
        sa.Column("reply", sa.Text),
        sa.Column("replied_by", sa.Text),
        _time("replied_at", nullable=True),
        sa.Column("withdrawn_by", sa.Text),
        _time("withdrawn_at", nullable=True),
        sa.Column("withdrawal_reason", sa.Text),
        sa.Column("missed_at", sa.DateTime(timezone=True), comment="when its missed deadline was seen"),
        sa.Column("answer_told", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("case_round", sa.Integer, comment="of an order by rule"),
        sa.Column("level", sa.SmallInteger, comment="of an order by rule: per cent of the limit"),
    )
    sa.Index("supervision_order_of_case", order.c.complaint_id)
    by_rule = order.c.level.is_not(None)
    columns = (order.c.complaint_id, order.c.case_round, order.c.level)
    sa.Index("supervision_order_of_level", *columns, unique=True, postgresql_where=by_rule)
    sa.Index(
        "supervision_order_unanswered",
        order.c.tenant,
        order.c.deadline,
        order.c.complaint_id,
        postgresql_where=order.c.reply.is_(None),
    )
    sa.Index("supervision_order_due", order.c.deadline, postgresql_where=sa.text(ORDER_RUNS))
    sa.Index("supervision_order_untold", order.c.replied_at, postgresql_where=sa.text(ANSWER_UNTOLD))


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)

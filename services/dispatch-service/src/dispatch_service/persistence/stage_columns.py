"""The columns of the stages of a case's clock, and the two facts that are read out of them.

Each is an expression of which there is an index, so nobody who changes a case has to keep it. The planner recognises
an index only by the same expression, so statements take them from here. They are laid out as PostgreSQL shows them, so
that migrations can be compared with them.
"""

from collections.abc import Mapping
from typing import NamedTuple

import sqlalchemy as sa

from dispatch_service.domain.limits import Stage


class StageColumns(NamedTuple):
    """The names of the columns of one stage, as `StageTimes` has them."""

    warn_at: str
    due_at: str
    twice_at: str
    escalated: str
    escalated_at: str
    timer_at: str


def _columns(prefix: str, due_at: str) -> StageColumns:
    names = ("escalated", "escalated_at", "timer_at")
    return StageColumns(f"{prefix}warn_at", due_at, f"{prefix}twice_at", *(f"{prefix}{name}" for name in names))


STAGES: Mapping[Stage, StageColumns] = {
    Stage.ACCEPT: _columns("accept_", "accept_by"),
    Stage.ON_SITE: _columns("on_site_", "on_site_by"),
    Stage.RESOLVE: _columns("", "promised_at"),
}
TIMES = tuple(name for columns in STAGES.values() for name in columns[:3])
LEVELS = tuple(name for columns in STAGES.values() for name in columns[3:])
TYPES = {name: "smallint" if name.endswith("escalated") else "timestamptz" for name in (*TIMES, *LEVELS)}
STAGES_SET = ", ".join(f"{name} = f.{name}" for name in TYPES)
STAGES_NAMED = ", ".join(TYPES)
STAGES_GIVEN = ", ".join(f"CAST(:{name} AS {sql_type}[])" for name, sql_type in TYPES.items())
"""What a statement says that writes the stages of many cases, of which it calls the new values f."""

_ACCEPTING = "status = 'assigned'"
_COMING = "status = 'assigned' OR status = 'accepted'"
"""When the stages before the last run, as `domain.standing.running` says it."""

NEXT_TIMER = f"""LEAST(timer_at,
CASE
    WHEN {_ACCEPTING} THEN accept_timer_at
    ELSE NULL
END,
CASE
    WHEN {_COMING} THEN on_site_timer_at
    ELSE NULL
END)"""
"""When the next level of a stage that runs is reached: nothing has to end the timers of a stage that is over."""
ESCALATION = f"""GREATEST(escalated,
CASE
    WHEN {_ACCEPTING} THEN accept_escalated
    ELSE NULL
END,
CASE
    WHEN {_COMING} THEN on_site_escalated
    ELSE NULL
END)"""
"""The highest level of a stage that runs which was announced, 0 for none, as `domain.standing.escalation_of`."""
IS_OPEN = "status IN ('received', 'assigned', 'accepted', 'in_progress', 'suspended', 'transferred')"


def stage_columns() -> list[sa.Column[object]]:
    """Return the columns of stages besides those that clocks always had; null where an earlier version set it."""
    return [
        _time("escalated_at", comment="when the highest level was announced"),
        *(column for name in ("accept", "on_site") for column in _of(name)),
    ]


def _of(stage: str) -> list[sa.Column[object]]:
    return [
        _time(f"{stage}_warn_at"),
        _time(f"{stage}_twice_at"),
        sa.Column(f"{stage}_escalated", sa.SmallInteger, nullable=False, server_default="0"),
        _time(f"{stage}_escalated_at"),
        _time(f"{stage}_timer_at"),
    ]


def _time(name: str, comment: str | None = None) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), comment=comment)


def next_timer_index(at_work: str) -> sa.Index:
    """Return the index of the next timers; as it names no column, it is a part of the table."""
    return sa.Index("dispatch_case_next_timer", sa.text(f"({NEXT_TIMER})"), postgresql_where=sa.text(at_work))


def add_escalation_index(case: sa.Table) -> None:
    """Add the index of the present level; a case enters it when one is announced."""
    columns = case.c
    sa.Index(
        "dispatch_case_by_escalation",
        columns.tenant,
        sa.text(f"({ESCALATION})"),
        columns.complaint_id,
        postgresql_where=sa.text(f"{IS_OPEN} AND ({ESCALATION}) > 0"),
    )

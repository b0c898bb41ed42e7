"""Timers of each stage of a case, and lists of those that were escalated."""

import sqlalchemy as sa
from alembic import op

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_AT_WORK = "status IN ('received', 'assigned', 'accepted', 'in_progress', 'transferred')"
_IS_OPEN = "status IN ('received', 'assigned', 'accepted', 'in_progress', 'suspended', 'transferred')"
_NEXT_TIMER = """LEAST(timer_at,
CASE
    WHEN status = 'assigned' THEN accept_timer_at
    ELSE NULL
END,
CASE
    WHEN status = 'assigned' OR status = 'accepted' THEN on_site_timer_at
    ELSE NULL
END)"""
_ESCALATION = """GREATEST(escalated,
CASE
    WHEN status = 'assigned' THEN accept_escalated
    ELSE NULL
END,
CASE
    WHEN status = 'assigned' OR status = 'accepted' THEN on_site_escalated
    ELSE NULL
END)"""


def upgrade() -> None:
    comment = "when the highest level was announced"
    op.add_column("dispatch_case", sa.Column("escalated_at", _TIME, nullable=True, comment=comment), if_not_exists=True)
    for stage in ("accept", "on_site"):
        op.add_column("dispatch_case", sa.Column(f"{stage}_warn_at", _TIME, nullable=True), if_not_exists=True)
        op.add_column("dispatch_case", sa.Column(f"{stage}_twice_at", _TIME, nullable=True), if_not_exists=True)
        level = sa.Column(f"{stage}_escalated", sa.SmallInteger(), server_default="0", nullable=False)
        op.add_column("dispatch_case", level, if_not_exists=True)
        op.add_column("dispatch_case", sa.Column(f"{stage}_escalated_at", _TIME, nullable=True), if_not_exists=True)
        op.add_column("dispatch_case", sa.Column(f"{stage}_timer_at", _TIME, nullable=True), if_not_exists=True)
    at_work = sa.text(_AT_WORK)
    expression = sa.text(f"({_NEXT_TIMER})")
    create_index_online("dispatch_case_next_timer", "dispatch_case", [expression], postgresql_where=at_work)
    columns = ["tenant", sa.text(f"({_ESCALATION})"), "complaint_id"]
    escalated = sa.text(f"{_IS_OPEN} AND ({_ESCALATION}) > 0")
    create_index_online("dispatch_case_by_escalation", "dispatch_case", columns, postgresql_where=escalated)


def downgrade() -> None:
    drop_index_online("dispatch_case_by_escalation", "dispatch_case")
    drop_index_online("dispatch_case_next_timer", "dispatch_case")
    for name in ("warn_at", "twice_at", "escalated", "escalated_at", "timer_at"):
        for stage in ("accept", "on_site"):
            op.drop_column("dispatch_case", f"{stage}_{name}")
    op.drop_column("dispatch_case", "escalated_at")

"""Timers of cases that are with another department."""

import sqlalchemy as sa

from runtime.online_indexes import create_index_online

revision = "0018"
down_revision = "0014"
branch_labels = None
depends_on = None

_OLD_AT_WORK = "status IN ('received', 'assigned', 'accepted', 'in_progress')"
_AT_WORK = "status IN ('received', 'assigned', 'accepted', 'in_progress', 'transferred')"


def upgrade() -> None:
    _index_clocks(_AT_WORK)


def _index_clocks(at_work: str) -> None:
    """Build the indexes of clocks anew; until one is there, its queries take longer."""
    where = sa.text(at_work)
    create_index_online("dispatch_case_timer", "dispatch_case", ["timer_at"], postgresql_where=where)
    create_index_online("dispatch_case_by_clock", "dispatch_case", ["tenant", "clock_version"], postgresql_where=where)
    new_round = sa.text(f"clock_round < round AND {at_work}")
    create_index_online("dispatch_case_new_round", "dispatch_case", ["complaint_id"], postgresql_where=new_round)


def downgrade() -> None:
    _index_clocks(_OLD_AT_WORK)

"""Clocks that were moved follow limits and calendar: those of suspended cases too; extensions lapse with a grade."""

import sqlalchemy as sa
from alembic import op

from runtime.online_indexes import create_index_online

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_AT_WORK = "status IN ('received', 'assigned', 'accepted', 'in_progress', 'transferred')"
_WITH_A_CLOCK = "status IN ('received', 'assigned', 'accepted', 'in_progress', 'transferred', 'suspended')"


def upgrade() -> None:
    _index_clocks(_WITH_A_CLOCK)
    op.add_column(
        "case_request",
        sa.Column(
            "lapsed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="of an extension: another grade set all times anew",
        ),
    )


def downgrade() -> None:
    _index_clocks(_AT_WORK)
    op.drop_column("case_request", "lapsed_at")


def _index_clocks(whose: str) -> None:
    where = sa.text(whose)
    create_index_online("dispatch_case_by_clock", "dispatch_case", ["tenant", "clock_version"], postgresql_where=where)

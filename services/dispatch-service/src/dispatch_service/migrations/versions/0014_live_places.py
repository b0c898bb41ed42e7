"""An index of where the cases are that go on, for maps and for lists by distance."""

import sqlalchemy as sa

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_LIVE = (
    "status IN ('received', 'assigned', 'accepted', 'in_progress', 'suspended', 'transferred', 'resolved', 'verified')"
)


def upgrade() -> None:
    create_index_online(
        "dispatch_case_live_by_place",
        "dispatch_case",
        ["tenant", "lon", "lat", "complaint_id"],
        postgresql_where=sa.text(_LIVE),
        postgresql_include=["status", "team"],
    )


def downgrade() -> None:
    drop_index_online("dispatch_case_live_by_place", "dispatch_case")

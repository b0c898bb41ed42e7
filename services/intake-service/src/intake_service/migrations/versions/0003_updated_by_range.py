"""Let changes of a complaint be heap-only updates: a B-tree on `updated_at` made each of them write to every index."""

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_index_online("complaint_updated_range", "complaint", ["updated_at"], postgresql_using="brin")
    drop_index_online("complaint_updated", "complaint")


def downgrade() -> None:
    create_index_online("complaint_updated", "complaint", ["tenant", "updated_at"])
    drop_index_online("complaint_updated_range", "complaint")

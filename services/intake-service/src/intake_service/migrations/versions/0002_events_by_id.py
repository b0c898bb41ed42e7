"""Find events by the time of their ids, for reconciliation."""

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_index_online("outbox_by_id", "outbox", ["id"], postgresql_using="brin")


def downgrade() -> None:
    drop_index_online("outbox_by_id", "outbox")

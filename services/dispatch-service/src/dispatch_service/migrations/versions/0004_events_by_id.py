"""Find events by the time of their ids, for reconciliation."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("outbox_by_id", "outbox", ["id"], unique=False, postgresql_using="brin")


def downgrade() -> None:
    op.drop_index("outbox_by_id", table_name="outbox", postgresql_using="brin")

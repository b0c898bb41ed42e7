"""Photos of patrols and activities are kept, and those that events name and that are not here are awaited."""

import sqlalchemy as sa
from alembic import op

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

_INDEX = "attachment_unused"


def upgrade() -> None:
    kept = sa.Column("kept_for", sa.Uuid, comment="the visit on patrol or activity that it shows, which keeps it")
    op.add_column("attachment", kept, if_not_exists=True)
    op.create_table(
        "awaited_photo",
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("subject", sa.Uuid, primary_key=True, comment="the complaint, or what it would be kept for"),
        sa.Column("photo", sa.Uuid, primary_key=True),
        sa.Column("of_complaint", sa.Boolean, nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        comment="photos that an event names and that are not here, or not yet",
        if_not_exists=True,
    )
    op.create_index("awaited_photo_by_time", "awaited_photo", ["noted_at"], if_not_exists=True)
    unused = sa.text("complaint_id IS NULL AND draft_id IS NULL AND kept_for IS NULL")
    create_index_online(_INDEX, "attachment", ["created_at"], postgresql_where=unused)


def downgrade() -> None:
    drop_index_online(_INDEX, "attachment")
    op.drop_table("awaited_photo")
    op.drop_column("attachment", "kept_for")

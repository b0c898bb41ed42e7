"""What a complaint was merged into, and whose phone is whose."""

import sqlalchemy as sa
from alembic import op

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0013"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "complaint",
        sa.Column("merged_into", sa.Uuid(), nullable=True, comment="the master; null: not merged"),
        if_not_exists=True,
    )
    create_index_online(
        "complaint_by_master",
        "complaint",
        ["merged_into"],
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    create_index_online(
        "reporter_by_phone", "reporter", ["tenant", "phone"], postgresql_where=sa.text("phone IS NOT NULL")
    )


def downgrade() -> None:
    drop_index_online("reporter_by_phone", "reporter")
    drop_index_online("complaint_by_master", "complaint")
    op.drop_column("complaint", "merged_into")

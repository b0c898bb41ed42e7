"""Drafts, and the attachments that they keep."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from runtime.online_indexes import create_index_online

revision = "0011"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False, comment="subject; nobody else sees it"),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column(
            "body",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="personal data; {} once it is submitted",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=True, comment="what it has become; null while it is a draft"),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index("draft_by_owner", "draft", ["tenant", "owner", "id"], unique=False, if_not_exists=True)
    op.create_index("draft_by_expiry", "draft", ["expires_at"], unique=False, if_not_exists=True)
    op.create_index(
        "draft_by_complaint",
        "draft",
        ["complaint_id"],
        unique=False,
        postgresql_where=sa.text("complaint_id IS NOT NULL"),
        if_not_exists=True,
    )
    op.add_column(
        "attachment",
        sa.Column("draft_id", sa.Uuid(), nullable=True, comment="the draft that keeps it"),
        if_not_exists=True,
    )
    create_index_online(
        "attachment_by_draft", "attachment", ["draft_id"], postgresql_where=sa.text("draft_id IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_index("attachment_by_draft", table_name="attachment")
    op.drop_column("attachment", "draft_id")
    op.drop_table("draft")

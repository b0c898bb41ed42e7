"""Attachments, the files that they consist of, and uploads that are not finished."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("by_staff", sa.Boolean(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True, comment="as the uploader's device had it"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False, comment="as served"),
        sa.Column("sha256", sa.LargeBinary(), nullable=False, comment="of what was uploaded"),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="bytes of what was uploaded"),
        sa.Column("width", sa.Integer(), nullable=True, comment="pixels, upright"),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column(
            "evidence",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="what the file said of time, place and device; for staff only",
        ),
        sa.Column("complaint_id", sa.Uuid(), nullable=True, comment="null while no complaint refers to it"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "attachment_by_complaint",
        "attachment",
        ["complaint_id"],
        unique=False,
        postgresql_where=sa.text("complaint_id IS NOT NULL"),
    )
    op.create_index("attachment_by_content", "attachment", ["tenant", "uploaded_by", "sha256"], unique=False)
    op.create_index(
        "attachment_waiting",
        "attachment",
        ["tenant", "uploaded_by", "created_at"],
        unique=False,
        postgresql_where=sa.text("complaint_id IS NULL"),
    )
    op.create_table(
        "attachment_file",
        sa.Column("attachment_id", sa.Uuid(), nullable=False),
        sa.Column("variant", sa.Text(), nullable=False),
        sa.Column(
            "sha256", sa.LargeBinary(), nullable=False, comment="its name in the store; several rows may share it"
        ),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("attachment_id", "variant"),
    )
    op.create_index("attachment_file_by_content", "attachment_file", ["sha256"], unique=False)
    op.create_table(
        "attachment_upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("complaint_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant", "uploaded_by", "sha256", name="attachment_upload_once"),
        comment="uploads that are not finished; how far one came is the length of its file",
    )


def downgrade() -> None:
    op.drop_table("attachment_upload")
    op.drop_index("attachment_file_by_content", table_name="attachment_file")
    op.drop_table("attachment_file")
    op.drop_index("attachment_waiting", table_name="attachment", postgresql_where=sa.text("complaint_id IS NULL"))
    op.drop_index("attachment_by_content", table_name="attachment")
    op.drop_index(
        "attachment_by_complaint", table_name="attachment", postgresql_where=sa.text("complaint_id IS NOT NULL")
    )
    op.drop_table("attachment")

"""Pieces of uploads that are objects of the store: which they are, and how far the upload is."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "attachment_upload",
        sa.Column(
            "arrived", sa.BigInteger(), nullable=False, server_default="0", comment="bytes, where pieces are objects"
        ),
    )
    op.add_column(
        "attachment_upload",
        sa.Column(
            "pieces", sa.ARRAY(sa.Text()), nullable=False, server_default="{}", comment="names of objects, in order"
        ),
    )
    op.create_table_comment(
        "attachment_upload",
        "uploads that are not finished; in the folder, how far one came is the length of its file",
        existing_comment="uploads that are not finished; how far one came is the length of its file",
    )


def downgrade() -> None:
    op.create_table_comment(
        "attachment_upload",
        "uploads that are not finished; how far one came is the length of its file",
        existing_comment="uploads that are not finished; in the folder, how far one came is the length of its file",
    )
    op.drop_column("attachment_upload", "pieces")
    op.drop_column("attachment_upload", "arrived")

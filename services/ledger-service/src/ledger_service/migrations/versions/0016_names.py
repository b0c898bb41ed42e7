"""English names of what intake tells of on the directory."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "directory", sa.Column("name_en", sa.Text(), nullable=True, comment="of a category, a duty item or a source")
    )
    op.alter_column(
        "directory",
        "kind",
        existing_type=sa.Text(),
        existing_nullable=False,
        existing_comment="community, grid or team",
        comment="community, grid, team, category, duty_item or source",
    )


def downgrade() -> None:
    op.alter_column(
        "directory",
        "kind",
        existing_type=sa.Text(),
        existing_nullable=False,
        existing_comment="community, grid, team, category, duty_item or source",
        comment="community, grid or team",
    )
    op.drop_column("directory", "name_en")

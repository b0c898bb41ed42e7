"""Opening hours of places."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("post", sa.Column("hours", sa.Text, comment="weekly hours and holidays; null: always open"))


def downgrade() -> None:
    op.drop_column("post", "hours")

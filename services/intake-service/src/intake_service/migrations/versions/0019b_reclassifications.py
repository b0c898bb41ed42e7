"""How the category of a complaint was corrected."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0019b"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "complaint",
        sa.Column(
            "reclassifications",
            postgresql.JSONB(),
            nullable=False,
            server_default="[]",
            comment="[{category, former, reason, by, at}], oldest first",
        ),
        if_not_exists=True,
    )
    create_index_online(
        "complaint_reclassified", "complaint", ["tenant", "id"], postgresql_where=sa.text("reclassifications <> '[]'")
    )


def downgrade() -> None:
    drop_index_online("complaint_reclassified", "complaint")
    op.drop_column("complaint", "reclassifications")

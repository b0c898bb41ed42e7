"""Let entries be about something else than a complaint: an activity, an export."""

import sqlalchemy as sa
from alembic import op

from runtime.online_indexes import create_index_online, drop_index_online, validate_online

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Replicas of the release before write only what is about complaints, which fits this as well.
ABOUT = """
    num_nonnulls(complaint_id, subject) = 1 AND (complaint_id IS NULL) = (status_after IS NULL)
    AND (complaint_id IS NOT NULL) = starts_with(type, 'complaint.')
"""


def upgrade() -> None:
    op.add_column(
        "entry",
        sa.Column("subject", sa.Uuid(), nullable=True, comment="what it is about, where that is no complaint"),
        if_not_exists=True,
    )
    op.alter_column("entry", "complaint_id", nullable=True)
    op.alter_column("entry", "status_after", nullable=True)
    op.execute("ALTER TABLE entry DROP CONSTRAINT IF EXISTS entry_about")
    op.execute(f"ALTER TABLE entry ADD CONSTRAINT entry_about CHECK ({ABOUT}) NOT VALID")
    validate_online("entry", "entry_about")
    create_index_online(
        "entry_once_about",
        "entry",
        ["subject", "source", "sequence"],
        unique=True,
        postgresql_where=sa.text("subject IS NOT NULL"),
    )


def downgrade() -> None:
    drop_index_online("entry_once_about", "entry")
    op.drop_constraint("entry_about", "entry", type_="check")
    op.alter_column("entry", "status_after", nullable=False)
    op.alter_column("entry", "complaint_id", nullable=False)
    op.drop_column("entry", "subject")

"""Cases whose complaints were rejected or merged are among those that have ended: the indexes of these hold them."""

import sqlalchemy as sa

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0024"
down_revision = "0021"
branch_labels = None
depends_on = None

_COLUMNS = {
    "category": ["tenant", "category", "complaint_id"],
    "community": ["tenant", "community", "complaint_id"],
    "grid": ["tenant", "grid", "complaint_id"],
    "number": ["tenant", "number"],
    "place": ["tenant", "lon", "lat"],
}


def upgrade() -> None:
    _replace("past", "ended", "status IN ('closed', 'withdrawn', 'voided', 'rejected', 'merged')")


def downgrade() -> None:
    _replace("ended", "past", "status IN ('closed', 'withdrawn', 'voided')")


def _replace(old: str, new: str, those: str) -> None:
    """Build each new index before the old one goes, so that lists always have one."""
    for name, columns in _COLUMNS.items():
        create_index_online(f"dispatch_case_{new}_by_{name}", "dispatch_case", columns, postgresql_where=sa.text(those))
        drop_index_online(f"dispatch_case_{old}_by_{name}", "dispatch_case")

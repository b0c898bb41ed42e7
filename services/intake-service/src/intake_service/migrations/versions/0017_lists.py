"""Lists of a million complaints: notes of those that are here already how they ended, and builds the indexes."""

import sqlalchemy as sa
from alembic import op

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# In batches, each a transaction of its own, while complaints come in; run again, it does what is left.
_BACKFILL = """
DO $$
DECLARE
    reached uuid := '00000000-0000-0000-0000-000000000000';
BEGIN
    LOOP
        WITH batch AS (SELECT id FROM complaint WHERE id > reached ORDER BY id LIMIT 5000), unread AS (
            INSERT INTO complaint_unread SELECT id FROM batch
        ), ended AS (
            UPDATE complaint SET ended_as = status FROM batch
            WHERE complaint.id = batch.id AND ended_as IS NULL
                AND status IN ('closed', 'withdrawn', 'voided', 'rejected', 'merged')
        )
        SELECT id INTO reached FROM batch ORDER BY id DESC LIMIT 1;
        EXIT WHEN reached IS NULL;
        COMMIT;
    END LOOP;
END $$
"""
_PAST = "ended_as IS NOT NULL"
_INDEXES = {
    "complaint_live": (["tenant", "id"], "ended_as IS NULL"),
    "complaint_past_by_category": (["tenant", sa.text('category COLLATE "C"'), "id"], _PAST),
    "complaint_past_by_source": (["tenant", "source", "id"], _PAST),
    "complaint_past_by_community": (["tenant", "community", "id"], _PAST),
    "complaint_past_by_grid": (["tenant", "grid", "id"], _PAST),
    "complaint_past_by_unit": (["tenant", "unit", "id"], _PAST),
    "complaint_past_by_kind": (["tenant", "kind", "id"], f"{_PAST} AND kind <> 'complaint'"),
    "complaint_past_by_ending": (["tenant", "ended_as", "id"], f"{_PAST} AND ended_as <> 'closed'"),
    "complaint_past_by_change": (["tenant", "ended_at", "id"], _PAST),
    "complaint_past_by_place": (["tenant", "lon", "lat"], _PAST),
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute(_BACKFILL)
    for name, (columns, those) in _INDEXES.items():
        create_index_online(name, "complaint", columns, postgresql_where=sa.text(those))


def downgrade() -> None:
    for name in _INDEXES:
        drop_index_online(name, "complaint")

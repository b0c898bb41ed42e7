"""The words of supplements are found too: a trigger notes each, and those that are here already are read again."""

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_NOTE = """
CREATE OR REPLACE FUNCTION note_supplement_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO complaint_unread (complaint_id) VALUES (NEW.complaint_id);
    RETURN NULL;
END $$
"""
_TRIGGER = """
CREATE OR REPLACE TRIGGER supplement_says AFTER INSERT OR UPDATE OF text, address ON supplement
    FOR EACH ROW EXECUTE FUNCTION note_supplement_words()
"""
# In batches, each a transaction of its own, while complaints come in; run again, it notes them again, which does no
# harm.
_BACKFILL = """
DO $$
DECLARE
    reached uuid := '00000000-0000-0000-0000-000000000000';
BEGIN
    LOOP
        WITH batch AS (
            SELECT DISTINCT complaint_id AS id FROM supplement WHERE complaint_id > reached ORDER BY 1 LIMIT 5000
        ), unread AS (
            INSERT INTO complaint_unread SELECT id FROM batch
        )
        SELECT id INTO reached FROM batch ORDER BY id DESC LIMIT 1;
        EXIT WHEN reached IS NULL;
        COMMIT;
    END LOOP;
END $$
"""


def upgrade() -> None:
    op.execute(_NOTE)
    op.execute(_TRIGGER)
    with op.get_context().autocommit_block():
        op.execute(_BACKFILL)


def downgrade() -> None:
    op.execute("DROP TRIGGER supplement_says ON supplement")
    op.execute("DROP FUNCTION note_supplement_words")

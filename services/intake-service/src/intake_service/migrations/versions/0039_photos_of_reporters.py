"""Which attachments came with what a reporter said, also where the bureau uploaded them for who called.

Of those that are here already it is noted where staff uploaded them, for of all others it is not asked.
"""

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

# In batches, each a transaction of its own, while files come in; run again, it does what is left. What a report
# refers to was uploaded before it, or came in one form with it.
_BACKFILL = """
DO $$
DECLARE
    reached uuid := '00000000-0000-0000-0000-000000000000';
BEGIN
    LOOP
        WITH batch AS (
            SELECT id, complaint_id, by_staff, of_reporter, created_at FROM attachment
            WHERE id > reached ORDER BY id LIMIT 5000
        ), noted AS (
            UPDATE attachment SET of_reporter = true
            FROM batch AS b JOIN complaint AS c ON c.id = b.complaint_id
            WHERE attachment.id = b.id AND b.by_staff AND NOT b.of_reporter AND (
                b.created_at < c.received_at + interval '1 minute'
                OR EXISTS (SELECT FROM supplement AS s WHERE s.complaint_id = c.id AND b.id = ANY(s.attachments))
                OR EXISTS (SELECT FROM question AS q WHERE q.complaint_id = c.id AND b.id = ANY(q.attachments)))
        )
        SELECT id INTO reached FROM batch ORDER BY id DESC LIMIT 1;
        EXIT WHEN reached IS NULL;
        COMMIT;
    END LOOP;
END $$
"""


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE attachment ADD COLUMN IF NOT EXISTS of_reporter boolean NOT NULL DEFAULT false")
        op.execute(
            "COMMENT ON COLUMN attachment.of_reporter IS "
            "'came with the report, a supplement or an answer, whoever uploaded it'"
        )
        op.execute(_BACKFILL)


def downgrade() -> None:
    op.drop_column("attachment", "of_reporter")

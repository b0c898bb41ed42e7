"""Let the texts of entries be erased, and nothing else of them be changed."""

import sqlalchemy as sa
from alembic import op

from runtime.online_indexes import validate_online

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# Replicas of the release before write only entries with data, which fits this as well.
ERASED = "(data IS NULL) = (erased_digest IS NOT NULL) AND (data IS NOT NULL OR num_nonnulls(actor, salt) = 0)"
# In the words of domain.sealing.digest.
LET_TEXTS_GO = """
    CREATE OR REPLACE FUNCTION let_texts_go() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        expected entry%ROWTYPE := OLD;
        who bytea := convert_to(coalesce(OLD.actor, ''), 'UTF8');
    BEGIN
        expected.data := NULL;
        expected.actor := NULL;
        expected.salt := NULL;
        IF OLD.data IS NULL OR NEW IS DISTINCT FROM expected OR OLD.type = 'complaint.erased' OR NOT EXISTS (
            SELECT FROM entry AS erasure
            WHERE erasure.tenant = OLD.tenant AND erasure.complaint_id = OLD.complaint_id
              AND erasure.type = 'complaint.erased' AND erasure.position > OLD.position)
        THEN
            RAISE EXCEPTION 'the ledger is append-only: an entry loses its texts to an erasure, or stays as it is'
                USING ERRCODE = 'restrict_violation';
        END IF;
        NEW.erased_digest := sha256(
            CASE WHEN length(OLD.salt) > 0 THEN 'salted'::bytea || OLD.salt ELSE 'plain'::bytea END
            || convert_to(length(who) || E'\\n', 'UTF8') || who || E'\\n'::bytea || convert_to(OLD.data, 'UTF8'));
        RETURN NEW;
    END $$
"""
SEALED_COLUMNS = (
    "tenant, position, event_id, complaint_id, subject, type, source, sequence, status_before, status_after, "
    "occurred_at, recorded_at, erased_digest"
)


def upgrade() -> None:
    op.add_column(
        "ledger_complaint", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True), if_not_exists=True
    )
    op.add_column(
        "entry",
        sa.Column("erased_digest", sa.LargeBinary(), nullable=True, comment="of actor and data, once they are erased"),
        if_not_exists=True,
    )
    op.alter_column("entry", "data", nullable=True)
    op.execute(LET_TEXTS_GO)
    op.execute(f"""
        CREATE OR REPLACE TRIGGER entry_append_only BEFORE UPDATE OF {SEALED_COLUMNS} OR DELETE OR TRUNCATE ON entry
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """)
    op.execute("""
        CREATE OR REPLACE TRIGGER entry_let_texts_go BEFORE UPDATE ON entry FOR EACH ROW EXECUTE FUNCTION let_texts_go()
    """)
    op.execute("ALTER TABLE entry DROP CONSTRAINT IF EXISTS entry_erased")
    op.execute(f"ALTER TABLE entry ADD CONSTRAINT entry_erased CHECK ({ERASED}) NOT VALID")
    validate_online("entry", "entry_erased")


def downgrade() -> None:
    op.drop_constraint("entry_erased", "entry", type_="check")
    op.execute("DROP TRIGGER entry_let_texts_go ON entry")
    op.execute("DROP TRIGGER entry_append_only ON entry")
    op.execute("""
        CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """)
    op.execute("DROP FUNCTION let_texts_go()")
    op.alter_column("entry", "data", nullable=False)
    op.drop_column("entry", "erased_digest")
    op.drop_column("ledger_complaint", "erased_at")

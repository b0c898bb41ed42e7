"""Let what was said at reviews be erased, behind an entry that tells of it."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_OF_COMPLAINT = """
    SELECT FROM entry AS erasure
    WHERE erasure.tenant = OLD.tenant AND erasure.complaint_id = OLD.complaint_id
      AND erasure.type = 'complaint.erased' AND erasure.position > OLD.position
"""
_OF_REVIEW = """
    SELECT FROM entry AS erasure
    WHERE erasure.tenant = OLD.tenant AND erasure.subject = OLD.subject
      AND erasure.type = 'review.erased' AND erasure.position > OLD.position
"""


def _let_texts_go(refused: str) -> str:
    # In the words of domain.sealing.digest.
    return f"""
        CREATE OR REPLACE FUNCTION let_texts_go() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            expected entry%ROWTYPE := OLD;
            who bytea := convert_to(coalesce(OLD.actor, ''), 'UTF8');
        BEGIN
            expected.data := NULL;
            expected.actor := NULL;
            expected.salt := NULL;
            IF OLD.data IS NULL OR NEW IS DISTINCT FROM expected OR ({refused})
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


def upgrade() -> None:
    op.execute(
        _let_texts_go(f"""
            OLD.type IN ('complaint.erased', 'review.erased')
            OR NOT CASE WHEN OLD.type = 'review.decided' THEN EXISTS ({_OF_REVIEW}) ELSE EXISTS ({_OF_COMPLAINT}) END
        """)
    )


def downgrade() -> None:
    op.execute(_let_texts_go(f"OLD.type = 'complaint.erased' OR NOT EXISTS ({_OF_COMPLAINT})"))

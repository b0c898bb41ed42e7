"""Let what was written about activities be erased, as what is about no complaint is in general.

What `x.erased` erases is every other entry `x.` something about the same.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_OF_COMPLAINT = """
    SELECT FROM entry AS erasure
    WHERE erasure.tenant = OLD.tenant AND erasure.complaint_id = OLD.complaint_id
      AND erasure.type = 'complaint.erased' AND erasure.position > OLD.position
"""
_OF_SUBJECT = """
    SELECT FROM entry AS erasure
    WHERE erasure.tenant = OLD.tenant AND erasure.subject = OLD.subject
      AND erasure.type = {} AND erasure.position > OLD.position
"""
_OF_REVIEW = _OF_SUBJECT.format("'review.erased'")
_OF_SAME = _OF_SUBJECT.format("split_part(OLD.type, '.', 1) || '.erased'")


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
    moment = sa.DateTime(timezone=True)
    erased_at = sa.Column("erased_at", moment, comment="when what was written about it was erased last")
    count = sa.Column(
        "evidence_erased", sa.Integer(), server_default="0", nullable=False, comment="references, with that"
    )
    for each in (erased_at, count):
        op.add_column("activity", each, if_not_exists=True)
    op.execute(
        _let_texts_go(f"""
            split_part(OLD.type, '.', 2) = 'erased'
            OR NOT CASE WHEN OLD.complaint_id IS NULL THEN EXISTS ({_OF_SAME}) ELSE EXISTS ({_OF_COMPLAINT}) END
        """)
    )


def downgrade() -> None:
    op.execute(
        _let_texts_go(f"""
            OLD.type IN ('complaint.erased', 'review.erased')
            OR NOT CASE WHEN OLD.type = 'review.decided' THEN EXISTS ({_OF_REVIEW}) ELSE EXISTS ({_OF_COMPLAINT}) END
        """)
    )
    op.drop_column("activity", "evidence_erased")
    op.drop_column("activity", "erased_at")

"""What was over before versions that note it: missed orders nobody is told of now, and extensions that a grade ended.

An extension that holds is never later than the promised time, so one that is was ended by another grade.
"""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        UPDATE supervision_order SET missed_at = now()
        WHERE reply IS NULL AND withdrawn_at IS NULL AND missed_at IS NULL AND deadline < now()
    """)
    op.execute("""
        UPDATE case_request AS r SET lapsed_at = now()
        FROM dispatch_case AS c
        WHERE c.tenant = r.tenant AND c.complaint_id = r.complaint_id AND r.kind = 'extension'
          AND r.state = 'approved' AND r.lapsed_at IS NULL AND r.round = c.round AND r.until > c.promised_at
    """)


def downgrade() -> None:
    """Leave what is noted: the versions before read nothing of it."""

"""Transfers end with their cases: those that were left open when a case was voided or closed by force are recalled.

Such a case could not be transferred again once it was reopened. The number that the department gave goes where the
texts about the case were erased before.
"""

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

RECALL_LEFT = """
    UPDATE case_transfer AS t
    SET state = 'recalled', ended_at = now(), external_ref = CASE WHEN t.reason = '' THEN '' ELSE external_ref END
    FROM dispatch_case AS c
    WHERE t.state = 'open' AND c.tenant = t.tenant AND c.complaint_id = t.complaint_id
          AND (c.status <> 'transferred' OR c.round > t.round)
"""


def upgrade() -> None:
    op.execute(RECALL_LEFT)


def downgrade() -> None:
    """Nothing: a transfer that has ended stays so."""

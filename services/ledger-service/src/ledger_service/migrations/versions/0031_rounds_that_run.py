"""The clock of a round runs, whatever the round before was laid aside for when it was closed by force.

Until now it stood from the suspension of the round before. Which rows still say so is seen from the reopening, which
came after that; they are mended one by one, so consumers wait for none of them longer than for each other.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_STANDING = """
    SELECT complaint.tenant, complaint.complaint_id, reopened.at
    FROM (SELECT tenant, complaint_id, max(occurred_at) AS at FROM entry WHERE type = 'complaint.reopened'
          GROUP BY tenant, complaint_id) AS reopened
    JOIN ledger_complaint AS complaint USING (tenant, complaint_id) WHERE complaint.suspended_at < reopened.at
"""
_MEND = """
    UPDATE ledger_complaint SET suspended_at = NULL
    WHERE tenant = :tenant AND complaint_id = :complaint_id AND suspended_at < :at
"""


def upgrade() -> None:
    with op.get_context().autocommit_block():
        connection = op.get_bind()
        for row in connection.execute(sa.text(_STANDING)).mappings().all():
            connection.execute(sa.text(_MEND), dict(row))


def downgrade() -> None:
    """Nothing: a row that is right stays so."""

"""Cases by the number that somebody tells, whether they go on or have ended, which alone had an index for it."""

import sqlalchemy as sa

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

_NAME, _OF_ENDED, _TABLE = "dispatch_case_by_number", "dispatch_case_ended_by_number", "dispatch_case"
_ENDED = "status IN ('closed', 'withdrawn', 'voided', 'rejected', 'merged')"


def upgrade() -> None:
    create_index_online(_NAME, _TABLE, ["tenant", "number"])
    drop_index_online(_OF_ENDED, _TABLE)


def downgrade() -> None:
    create_index_online(_OF_ENDED, _TABLE, ["tenant", "number"], postgresql_where=sa.text(_ENDED))
    drop_index_online(_NAME, _TABLE)

"""A parked message is known by what it says as well: after a log was cut, another may stand at its place.

Of what is settled and has lost its contents to an erasure, the digest is of what is left.
"""

import sqlalchemy as sa
from alembic import op

from eventbus.parked_digests import DROP, FILL, FILL_EARLIER
from runtime.online_indexes import replace_unique_online

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

_NAME, _TABLE = "parked_message_once", "parked_message"
_PLACE = ["consumer", "topic", "partition", "offset"]
_COMMENT = "of key, headers and value; replicas that know of none leave it to a trigger"


def upgrade() -> None:
    digest = sa.Column("digest", sa.LargeBinary(), server_default=sa.text("''"), nullable=False, comment=_COMMENT)
    op.add_column(_TABLE, digest, if_not_exists=True)
    for statement in FILL:
        op.execute(statement)
    with op.get_context().autocommit_block():
        op.execute(FILL_EARLIER)
    replace_unique_online(_NAME, _TABLE, [*_PLACE, "digest"])


def downgrade() -> None:
    replace_unique_online(_NAME, _TABLE, _PLACE)
    for statement in DROP:
        op.execute(statement)
    op.drop_column(_TABLE, "digest")

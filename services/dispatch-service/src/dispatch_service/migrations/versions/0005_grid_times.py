"""Note when a version of a grid came into force, and when another took its place."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("grid", sa.Column("since", _MOMENT, nullable=True, comment="in force from then on; null: unknown"))
    op.add_column("grid", sa.Column("until", _MOMENT, nullable=True, comment="another version, or none, since then"))


def downgrade() -> None:
    op.drop_column("grid", "until")
    op.drop_column("grid", "since")

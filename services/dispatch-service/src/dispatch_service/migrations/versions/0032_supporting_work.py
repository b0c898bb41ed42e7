"""What supporting units do: how far from the complaint, and when their part was done; lists forget it then."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_SUPPORT = ("done_at", "done_by")
_CONTRIBUTION = ("supporting", "distance_metres", "part_done")
_TRIGGERS = {
    "case_support_removed": "AFTER DELETE ON case_support FOR EACH ROW",
    "case_support_done": "AFTER UPDATE OF done_at ON case_support FOR EACH ROW"
    " WHEN (OLD.done_at IS NULL AND NEW.done_at IS NOT NULL)",
}


def upgrade() -> None:
    who = "who has reported their part as done in this round"
    op.add_column("case_support", sa.Column("done_at", sa.DateTime(timezone=True)))
    op.add_column("case_support", sa.Column("done_by", sa.Text, comment=who))
    told = "the lead; null: told by a release that did not say"
    far = "from the complaint to where the officer was"
    done = sa.Column("part_done", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("case_contribution", sa.Column("supporting", sa.Boolean, comment=told))
    op.add_column("case_contribution", sa.Column("distance_metres", sa.Integer, comment=far))
    op.add_column("case_contribution", done)
    for name, when in _TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION note_departure()")


def downgrade() -> None:
    for name in _TRIGGERS:
        op.execute(f"DROP TRIGGER {name} ON case_support")
    for table, names in (("case_contribution", _CONTRIBUTION), ("case_support", _SUPPORT)):
        for name in names:
            op.drop_column(table, name)

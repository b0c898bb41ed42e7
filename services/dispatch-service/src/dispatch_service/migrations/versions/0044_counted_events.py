"""Count all of intake's events about a case, so that one which is missing is seen by the next.

`intake_heard` and `intake_uncounted` take the place of `intake_sequence`, which replicas of the release before go on
writing, with every case that they follow events of; not all of these count there. So a case whose `intake_sequence` is
written is one of which nobody knows what was counted, as are all that were there before. Trigger, function and
`intake_sequence`, once its numbers are brought over, go with the next release.
"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

_TABLE = "dispatch_case"


def upgrade() -> None:
    heard = sa.Column(
        "intake_heard", sa.Integer, server_default="0", nullable=False, comment="the last one that was counted"
    )
    uncounted = sa.Column(
        "intake_uncounted", sa.Integer, comment="how many after it may have been followed; null: nobody knows"
    )
    for column in (heard, uncounted):
        op.add_column(_TABLE, column)
    op.execute("""
        CREATE FUNCTION forget_intake_count() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.intake_uncounted := NULL;
            RETURN NEW;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER forget_intake_count BEFORE UPDATE OF intake_sequence ON dispatch_case
        FOR EACH ROW EXECUTE FUNCTION forget_intake_count()
    """)


def downgrade() -> None:
    op.execute("DROP TRIGGER forget_intake_count ON dispatch_case")
    op.execute("DROP FUNCTION forget_intake_count()")
    for name in ("intake_uncounted", "intake_heard"):
        op.drop_column(_TABLE, name)

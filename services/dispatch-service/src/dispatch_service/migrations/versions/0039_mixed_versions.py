"""While replicas of the version before run beside new ones: what these have to know of what those do.

Those know by when a case is to be accepted and somebody on site, and nothing of the timers of these stages. Where they
set another time, the timers go, as in cases that they have assigned: nobody is told of the stage until its time is set
again. And they tell nobody of answers to supervision orders, which is made up for; also for the last week, in which
the ledger may have been upgraded before. Trigger, function, column and index go with the next release.
"""

import sqlalchemy as sa
from alembic import op

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0039"
down_revision = "0037"
branch_labels = None
depends_on = None

_TABLE, _NAME = "supervision_order", "supervision_order_untold"
_STAGE = """
    IF NEW.{stage}_by IS DISTINCT FROM OLD.{stage}_by
       AND (NEW.{stage}_warn_at, NEW.{stage}_twice_at, NEW.{stage}_timer_at)
           IS NOT DISTINCT FROM (OLD.{stage}_warn_at, OLD.{stage}_twice_at, OLD.{stage}_timer_at) THEN
        NEW.{stage}_warn_at := NULL;
        NEW.{stage}_twice_at := NULL;
        NEW.{stage}_timer_at := NULL;
        NEW.{stage}_escalated := 0;
        NEW.{stage}_escalated_at := NULL;
    END IF;
"""


def upgrade() -> None:
    stages = "".join(_STAGE.format(stage=stage) for stage in ("accept", "on_site"))
    op.execute(f"""
        CREATE OR REPLACE FUNCTION forget_stage_times() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
        {stages}
            IF NEW.escalated <> OLD.escalated AND NEW.escalated_at IS NOT DISTINCT FROM OLD.escalated_at THEN
                NEW.escalated_at := NULL;
            END IF;
            RETURN NEW;
        END $$
    """)
    op.execute("""
        CREATE OR REPLACE TRIGGER forget_stage_times
        BEFORE UPDATE OF accept_by, on_site_by, escalated ON dispatch_case FOR EACH ROW
        WHEN ((OLD.accept_by, OLD.on_site_by, OLD.escalated)
              IS DISTINCT FROM (NEW.accept_by, NEW.on_site_by, NEW.escalated))
        EXECUTE FUNCTION forget_stage_times()
    """)
    told = sa.Column("answer_told", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column(_TABLE, told, if_not_exists=True)
    op.execute("""
        UPDATE supervision_order SET answer_told = true
        WHERE reply IS NOT NULL AND NOT answer_told AND replied_at < now() - interval '7 days'
    """)
    untold = sa.text("reply IS NOT NULL AND NOT answer_told")
    create_index_online(_NAME, _TABLE, ["replied_at"], postgresql_where=untold)


def downgrade() -> None:
    drop_index_online(_NAME, _TABLE)
    op.drop_column(_TABLE, "answer_told")
    op.execute("DROP TRIGGER forget_stage_times ON dispatch_case")
    op.execute("DROP FUNCTION forget_stage_times()")

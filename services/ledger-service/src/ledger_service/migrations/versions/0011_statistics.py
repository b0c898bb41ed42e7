"""The figures: what entries change in them, the roll-ups, and what a tenant has set."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

DIMENSIONS = ("community", "grid", "team", "officer", "category", "source", "handling_mode")
COUNTERS = (
    "received",
    "voided",
    "to_dispatch",
    "in_time",
    "in_time_closed",
    "in_time_forced",
    "in_time_reworked",
    "missed",
    "missed_closed",
    "missed_reworked",
    "closed",
    "reopened",
    "followed_up",
    "contacted",
    "solved",
    "satisfied",
    "basically_satisfied",
)
KEY = ("tenant", "cube", "grain", "period", "recorded", *DIMENSIONS, "exclusions")
COUNTS = """
    CREATE FUNCTION statistics_counts(places int[], counts bigint[], size int) RETURNS int[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
    DECLARE made int[] := array_fill(0, ARRAY[size]);
    BEGIN
        FOR at IN 1 .. cardinality(places) LOOP
            made[places[at]] := made[places[at]] + counts[at];
        END LOOP;
        RETURN made;
    END $$
"""
SUM = """
    CREATE FUNCTION statistics_sum(one int[], other int[]) RETURNS int[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
    BEGIN
        IF one IS NULL OR other IS NULL THEN
            RETURN coalesce(one, other);
        END IF;
        FOR at IN 1 .. cardinality(other) LOOP
            IF other[at] <> 0 THEN
                one[at] := one[at] + other[at];
            END IF;
        END LOOP;
        RETURN one;
    END $$
"""


def _flags() -> sa.Column[object]:
    return sa.Column("exclusions", sa.SmallInteger(), nullable=False, comment="flags of Exclusion")


def upgrade() -> None:
    op.create_table(
        "statistics_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, comment="that of the entries"),
        sa.Column("n", sa.SmallInteger(), nullable=False, comment="1, or -1 for what is taken back"),
        sa.Column("tenant", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False, comment="'' for none") for name in DIMENSIONS),
        _flags(),
        sa.Column("marks", sa.ARRAY(sa.Integer()), nullable=False, comment="what counts, and when: domain.tally.mark"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "statistics_cell",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("cube", sa.SmallInteger(), nullable=False, comment="which dimensions are kept"),
        sa.Column("grain", sa.SmallInteger(), nullable=False, comment="1 day, 2 month, 3 year"),
        sa.Column("period", sa.Date(), nullable=False, comment="that it counts for: its first day"),
        sa.Column("recorded", sa.Date(), nullable=False, comment="the period it was recorded in, of the same grain"),
        *(sa.Column(name, sa.Text(), nullable=False, comment="'' for none or not kept") for name in DIMENSIONS),
        _flags(),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTERS),
        sa.Column(
            "durations", sa.ARRAY(sa.Integer()), nullable=True, comment="steps of all measures: domain.durations"
        ),
        sa.PrimaryKeyConstraint(*KEY),
    )
    op.create_index("statistics_cell_by_recording", "statistics_cell", ["tenant", "cube", "grain", "recorded"])
    op.create_table(
        "statistics_setting",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "version"),
    )
    op.execute(COUNTS)
    op.execute(SUM)


def downgrade() -> None:
    op.execute("DROP FUNCTION statistics_sum(int[], int[])")
    op.execute("DROP FUNCTION statistics_counts(int[], bigint[], int)")
    op.drop_table("statistics_setting")
    op.drop_index("statistics_cell_by_recording", table_name="statistics_cell")
    op.drop_table("statistics_cell")
    op.drop_table("statistics_change")

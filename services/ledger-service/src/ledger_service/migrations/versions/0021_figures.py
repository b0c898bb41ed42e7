"""Roll-ups of one thing or two as they are now, and details; the worker makes them of the entries.

Replicas of the release before may still read their own roll-ups, but add nothing to them: what they would take from the
changes would be missing here. A later release drops `statistics_cell`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0016"
branch_labels = None
depends_on = None

DIMENSIONS = ("community", "grid", "team", "officer", "category", "source", "handling_mode")
IDS = ("one", "two")
DETAIL_IDS = ("officer", "category", "source", "handling_mode")
COUNTERS = (
    *("received", "voided", "to_dispatch", "in_time", "in_time_closed", "in_time_forced", "in_time_reworked"),
    *("missed", "missed_closed", "missed_reworked", "closed", "reopened"),
    *("followed_up", "contacted", "solved", "satisfied", "basically_satisfied", "rejected"),
)
KEY = ("tenant", "cube", "grain", "period", *IDS, "exclusions")
REFUSE = """
    CREATE FUNCTION statistics_cell_is_closed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'statistics_figure has taken the place of statistics_cell' USING ERRCODE = 'lock_not_available';
    END $$
"""


def _number(name: str, comment: str) -> sa.Column[object]:
    return sa.Column(name, sa.SmallInteger(), nullable=False, comment=comment)


def upgrade() -> None:
    op.create_table(
        "statistics_term",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        _number("kind", "domain.cubes.Kind"),
        *(sa.Column(name, sa.Text(), nullable=False, comment="'' for none or not of the kind") for name in DIMENSIONS),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("statistics_term_once", "statistics_term", ["tenant", "kind", *DIMENSIONS], unique=True)
    counts = [sa.Column(name, sa.Integer(), nullable=True, comment="null for 0") for name in COUNTERS]
    steps = sa.Column("steps", sa.ARRAY(sa.Integer()), nullable=False, comment="of all measures: domain.durations")
    for table, columns in (("statistics_figure", counts), ("statistics_time", [steps])):
        op.create_table(
            table,
            sa.Column("tenant", sa.Integer(), nullable=False, comment="a term, as all that follow"),
            _number("cube", "domain.cubes.Cube"),
            _number("grain", "1 day, 2 month, 3 year"),
            sa.Column("period", sa.Date(), nullable=False, comment="that it counts for: its first day"),
            *(sa.Column(name, sa.Integer(), nullable=False, comment="0 where it is not kept") for name in IDS),
            _number("exclusions", "flags of Exclusion"),
            *columns,
            sa.PrimaryKeyConstraint(*KEY),
        )
    op.create_table(
        "statistics_detail",
        sa.Column("tenant", sa.Integer(), nullable=False, comment="a term"),
        sa.Column("period", sa.Date(), nullable=False, comment="the day that it counts for"),
        sa.Column("recorded", sa.Date(), nullable=False, comment="the day on which it was recorded"),
        *(sa.Column(name, sa.Integer(), nullable=False, comment="a term") for name in DETAIL_IDS),
        _number("lag", "0, or recorded up to 2 ** (lag - 1) days later"),
        _number("exclusions", "flags of Exclusion"),
        _number("n", "1, or -1 for what is taken back"),
        sa.Column("is_loose", sa.Boolean(), nullable=False, comment="recorded on a day that was not over"),
        sa.Column("codes", sa.LargeBinary(), nullable=False, comment="what counts, a byte for each: domain.tally"),
    )
    op.create_index("statistics_detail_by_period", "statistics_detail", ["tenant", "period"])
    op.create_index("statistics_detail_by_lag", "statistics_detail", ["tenant", "lag", "recorded"])
    op.create_index("statistics_detail_loose", "statistics_detail", ["recorded"], postgresql_where=sa.text("is_loose"))
    op.create_table(
        "statistics_state",
        sa.Column("is_only", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column(
            "made_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="since when the roll-ups hold all complaints; null: not yet",
        ),
        sa.PrimaryKeyConstraint("is_only"),
        sa.CheckConstraint("is_only", name="statistics_state_only"),
    )
    op.execute(
        "INSERT INTO statistics_state (made_at) "
        "SELECT CASE WHEN NOT EXISTS (SELECT FROM ledger_complaint) THEN now() END"
    )
    op.execute(REFUSE)
    op.execute(
        "CREATE TRIGGER statistics_cell_is_closed BEFORE INSERT ON statistics_cell "
        "FOR EACH STATEMENT EXECUTE FUNCTION statistics_cell_is_closed()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER statistics_cell_is_closed ON statistics_cell")
    op.execute("DROP FUNCTION statistics_cell_is_closed()")
    for table in ("statistics_state", "statistics_detail", "statistics_time", "statistics_figure", "statistics_term"):
        op.drop_table(table)

"""Figures by the department that a complaint was transferred to, and figures of what is done about complaints.

Terms of a handling mode have the department as well: of another kind than before, so that replicas of the release
before, which know no department, have terms of their own during an upgrade. Where there is something to count that
they did not, the worker makes the figures of the entries.
"""

import sqlalchemy as sa
from alembic import op

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

DIMENSIONS = ("community", "grid", "team", "officer", "category", "source", "handling_mode")
FORMER_KIND, KIND, EDITION = 5, 6, 2
USUAL = (
    *("accepted", "assigned", "closed", "feedback_received", "followed_up", "received", "resolved", "started"),
    "verified",
)
IS_RARE = f"type NOT IN ({', '.join(repr(f'complaint.{each}') for each in USUAL)})"
TOLD = ("contributed", "escalated", "order_missed", "order_replied", "order_withdrawn", "transferred")
"""Entries of these kinds tell of what was not counted."""
IS_TOLD = f"{IS_RARE} AND type IN ({', '.join(repr(f'complaint.{each}') for each in TOLD)})"
# Arrays may be shorter than others, or longer than the release before makes them.
COUNTS = """
    CREATE OR REPLACE FUNCTION statistics_counts(places int[], counts bigint[], size int) RETURNS int[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
    DECLARE made int[] := array_fill(0, ARRAY[size]);
    BEGIN
        FOR at IN 1 .. cardinality(places) LOOP
            IF places[at] > cardinality(made) THEN
                made := made || array_fill(0, ARRAY[places[at] - cardinality(made)]);
            END IF;
            made[places[at]] := made[places[at]] + counts[at];
        END LOOP;
        RETURN made;
    END $$
"""
SUM = """
    CREATE OR REPLACE FUNCTION statistics_sum(one int[], other int[]) RETURNS int[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
    BEGIN
        IF one IS NULL OR other IS NULL THEN
            RETURN coalesce(one, other);
        END IF;
        IF cardinality(one) < cardinality(other) THEN
            RETURN statistics_sum(other, one);
        END IF;
        FOR at IN 1 .. cardinality(other) LOOP
            IF other[at] <> 0 THEN
                one[at] := one[at] + other[at];
            END IF;
        END LOOP;
        RETURN one;
    END $$
"""


COMMENTS = (
    ("statistics_change", "marks", "what counts, and when: domain.marks.mark"),
    ("statistics_detail", "codes", "what counts, a byte for each: domain.marks"),
    ("statistics_time", "steps", "of all measures, then deeds; 0 where it ends before"),
)


def _department(comment: str) -> sa.Column[str]:
    return sa.Column("department", sa.Text(), server_default="", nullable=False, comment=comment)


def upgrade() -> None:
    op.add_column("statistics_term", _department("'' for none or not of the kind"), if_not_exists=True)
    op.add_column("statistics_change", _department("'' for none"), if_not_exists=True)
    edition = sa.Column("edition", sa.SmallInteger(), server_default="1", nullable=False, comment="of what they hold")
    op.add_column("statistics_state", edition, if_not_exists=True)
    columns = ["tenant", "kind", *DIMENSIONS, "department"]
    create_index_online("statistics_term_each", "statistics_term", columns, unique=True)
    drop_index_online("statistics_term_once", "statistics_term")
    op.execute(COUNTS)
    op.execute(SUM)
    op.execute(f"UPDATE statistics_term SET kind = {KIND} WHERE kind = {FORMER_KIND}")
    op.execute(f"UPDATE statistics_state SET edition = {EDITION} WHERE NOT EXISTS (SELECT FROM entry WHERE {IS_TOLD})")
    for table, column, comment in COMMENTS:
        op.alter_column(table, column, comment=comment)


def downgrade() -> None:
    """Leave no figures: the release before makes its own of the entries."""
    for table in ("statistics_figure", "statistics_time", "statistics_detail", "statistics_term"):
        op.execute(f"DELETE FROM {table}")
    op.execute("UPDATE statistics_state SET made_at = NULL")
    op.drop_column("statistics_state", "edition")
    for table in ("statistics_term", "statistics_change"):
        op.drop_column(table, "department")
    create_index_online("statistics_term_once", "statistics_term", ["tenant", "kind", *DIMENSIONS], unique=True)

"""Tables of the figures: what entries change in them, the roll-ups, and what a tenant has set."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from ledger_service.domain.tally import Counter

_MOMENT = sa.DateTime(timezone=True)
DIMENSIONS = ("community", "grid", "team", "officer", "category", "source", "handling_mode")


def add_statistics_tables(metadata: sa.MetaData) -> None:
    """Add `statistics_change`, `statistics_cell` and `statistics_setting` to a service's metadata."""
    sa.Table(
        "statistics_change",
        metadata,
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("recorded_at", _MOMENT, nullable=False, comment="that of the entries"),
        sa.Column("n", sa.SmallInteger, nullable=False, comment="1, or -1 for what is taken back"),
        sa.Column("tenant", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False, comment="'' for none") for name in DIMENSIONS),
        sa.Column("exclusions", sa.SmallInteger, nullable=False, comment="flags of Exclusion"),
        sa.Column("marks", sa.ARRAY(sa.Integer), nullable=False, comment="what counts, and when: domain.tally.mark"),
    )
    cell = sa.Table(
        "statistics_cell",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("cube", sa.SmallInteger, primary_key=True, autoincrement=False, comment="which dimensions are kept"),
        sa.Column("grain", sa.SmallInteger, primary_key=True, autoincrement=False, comment="1 day, 2 month, 3 year"),
        sa.Column("period", sa.Date, primary_key=True, comment="that it counts for: its first day"),
        sa.Column("recorded", sa.Date, primary_key=True, comment="the period it was recorded in, of the same grain"),
        *(sa.Column(name, sa.Text, primary_key=True, comment="'' for none or not kept") for name in DIMENSIONS),
        sa.Column("exclusions", sa.SmallInteger, primary_key=True, autoincrement=False, comment="flags of Exclusion"),
        *(_count(counter) for counter in Counter),
        sa.Column("durations", sa.ARRAY(sa.Integer), comment="steps of all measures: domain.durations"),
    )
    sa.Index("statistics_cell_by_recording", cell.c.tenant, cell.c.cube, cell.c.grain, cell.c.recorded)
    sa.Table(
        "statistics_setting",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("content", JSONB, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
    )


def _count(counter: Counter) -> sa.Column[int]:
    """Return its column; one that came later has a default for replicas of the releases before."""
    default = "0" if counter > Counter.BASICALLY_SATISFIED else None
    return sa.Column(counter.name.lower(), sa.Integer, nullable=False, server_default=default)

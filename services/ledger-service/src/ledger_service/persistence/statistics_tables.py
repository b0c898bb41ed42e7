"""Tables of the figures: what entries change in them, the roll-ups, the details, and what a tenant has set."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from ledger_service.domain.tally import Counter

_MOMENT = sa.DateTime(timezone=True)
IDS = ("one", "two")
"""Columns of cells with the terms that they count for, in the order of `domain.cubes.KINDS`; 0 for less than two."""
DETAIL_IDS = ("officer", "category", "source", "handling_mode")
"""Those of details; that of an officer has the unit as well."""
_FORMER = ("community", "grid", "team", "officer", "category", "source", "handling_mode")
DIMENSIONS = (*_FORMER, "department")
EDITION = 2
"""Of what roll-ups and details hold: 2 has departments and deeds."""


def add_statistics_tables(metadata: sa.MetaData) -> None:
    """Add the tables `statistics_…` to a service's metadata."""
    _add_roll_ups(metadata)
    sa.Table(
        "statistics_change",
        metadata,
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("recorded_at", _MOMENT, nullable=False, comment="that of the entries"),
        sa.Column("n", sa.SmallInteger, nullable=False, comment="1, or -1 for what is taken back"),
        sa.Column("tenant", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False, comment="'' for none") for name in _FORMER),
        sa.Column("exclusions", sa.SmallInteger, nullable=False, comment="flags of Exclusion"),
        sa.Column("marks", sa.ARRAY(sa.Integer), nullable=False, comment="what counts, and when: domain.marks.mark"),
        sa.Column("department", sa.Text, nullable=False, server_default="", comment="'' for none"),
    )
    # The roll-ups of the release before, which its replicas read during an upgrade; a later release drops them.
    cell = sa.Table(
        "statistics_cell",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("cube", sa.SmallInteger, primary_key=True, autoincrement=False, comment="which dimensions are kept"),
        sa.Column("grain", sa.SmallInteger, primary_key=True, autoincrement=False, comment="1 day, 2 month, 3 year"),
        sa.Column("period", sa.Date, primary_key=True, comment="that it counts for: its first day"),
        sa.Column("recorded", sa.Date, primary_key=True, comment="the period it was recorded in, of the same grain"),
        *(sa.Column(name, sa.Text, primary_key=True, comment="'' for none or not kept") for name in _FORMER),
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


def _add_roll_ups(metadata: sa.MetaData) -> None:
    term = sa.Table(
        "statistics_term",
        metadata,
        sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("kind", sa.SmallInteger, nullable=False, comment="domain.cubes.Kind"),
        *(sa.Column(name, sa.Text, nullable=False, comment="'' for none or not of the kind") for name in _FORMER),
        sa.Column("department", sa.Text, nullable=False, server_default="", comment="'' for none or not of the kind"),
    )
    sa.Index("statistics_term_each", term.c.tenant, term.c.kind, *(term.c[name] for name in DIMENSIONS), unique=True)
    counts = [sa.Column(counter.name.lower(), sa.Integer, comment="null for 0") for counter in Counter]
    sa.Table("statistics_figure", metadata, *_cell_key(), *counts)
    steps: sa.Column[Any] = sa.Column(
        "steps", sa.ARRAY(sa.Integer), nullable=False, comment="of all measures, then deeds; 0 where it ends before"
    )
    sa.Table("statistics_time", metadata, *_cell_key(), steps)
    detail = sa.Table(
        "statistics_detail",
        metadata,
        sa.Column("tenant", sa.Integer, nullable=False, comment="a term"),
        sa.Column("period", sa.Date, nullable=False, comment="the day that it counts for"),
        sa.Column("recorded", sa.Date, nullable=False, comment="the day on which it was recorded"),
        *(sa.Column(name, sa.Integer, nullable=False, comment="a term") for name in DETAIL_IDS),
        sa.Column("lag", sa.SmallInteger, nullable=False, comment="0, or recorded up to 2 ** (lag - 1) days later"),
        sa.Column("exclusions", sa.SmallInteger, nullable=False, comment="flags of Exclusion"),
        sa.Column("n", sa.SmallInteger, nullable=False, comment="1, or -1 for what is taken back"),
        sa.Column("is_loose", sa.Boolean, nullable=False, comment="recorded on a day that was not over"),
        sa.Column("codes", sa.LargeBinary, nullable=False, comment="what counts, a byte for each: domain.marks"),
    )
    sa.Index("statistics_detail_by_period", detail.c.tenant, detail.c.period)
    sa.Index("statistics_detail_by_lag", detail.c.tenant, detail.c.lag, detail.c.recorded)
    sa.Index("statistics_detail_loose", detail.c.recorded, postgresql_where=detail.c.is_loose)
    sa.Table(
        "statistics_state",
        metadata,
        sa.Column("is_only", sa.Boolean, primary_key=True, server_default=sa.true()),
        sa.Column("made_at", _MOMENT, comment="since when the roll-ups hold all complaints; null: not yet"),
        sa.Column("edition", sa.SmallInteger, nullable=False, server_default="1", comment="of what they hold"),
        sa.CheckConstraint("is_only", name="statistics_state_only"),
    )


def _cell_key() -> list[sa.Column[Any]]:
    return [
        sa.Column("tenant", sa.Integer, primary_key=True, autoincrement=False, comment="a term, as all that follow"),
        sa.Column("cube", sa.SmallInteger, primary_key=True, autoincrement=False, comment="domain.cubes.Cube"),
        sa.Column("grain", sa.SmallInteger, primary_key=True, autoincrement=False, comment="1 day, 2 month, 3 year"),
        sa.Column("period", sa.Date, primary_key=True, comment="that it counts for: its first day"),
        *(
            sa.Column(name, sa.Integer, primary_key=True, autoincrement=False, comment="0 where it is not kept")
            for name in IDS
        ),
        sa.Column("exclusions", sa.SmallInteger, primary_key=True, autoincrement=False, comment="flags of Exclusion"),
    ]


def _count(counter: Counter) -> sa.Column[int]:
    """Return its column; one that came later has a default for replicas of the releases before."""
    default = "0" if counter > Counter.BASICALLY_SATISFIED else None
    return sa.Column(counter.name.lower(), sa.Integer, nullable=False, server_default=default)

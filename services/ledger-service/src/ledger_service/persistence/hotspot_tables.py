"""The tables of hot spots: where complaints are, what was found among them, and by which rules."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

_MOMENT = sa.DateTime(timezone=True)


def add_hotspot_tables(metadata: sa.MetaData) -> None:
    """Add them to the ledger's metadata."""
    _points(metadata)
    _spots(metadata)
    sa.Table(
        "hotspot_rule",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("content", JSONB, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
    )


def _points(metadata: sa.MetaData) -> None:
    point = sa.Table(
        "hotspot_point",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("complaint_id", sa.Uuid, primary_key=True),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("cell", sa.BigInteger, nullable=False, comment="of H3"),
        sa.Column("lon", sa.Double, nullable=False),
        sa.Column("lat", sa.Double, nullable=False),
        sa.Column("at", _MOMENT, nullable=False, comment="when it occurred, or was received"),
    )
    # each answers its question alone, so that counting reads no rows
    sa.Index("hotspot_point_by_time", point.c.tenant, point.c.at, postgresql_include=["category", "cell"])
    sa.Index("hotspot_point_by_cell", point.c.tenant, point.c.cell, point.c.at, postgresql_include=["category"])
    sa.Table(
        "hotspot_day",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True, comment="of UTC"),
        sa.Column("category", sa.Text, primary_key=True),
        sa.Column("complaints", sa.BigInteger, nullable=False),
    )
    sa.Table(
        "hotspot_cursor",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False, server_default="0", comment="of the last entry read"),
        sa.Column("found_at", _MOMENT, comment="when hot spots were looked for last"),
    )


def _spots(metadata: sa.MetaData) -> None:
    spot = sa.Table(
        "hotspot",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False, comment="counts its events"),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        *_measures(),
        sa.Column("community", sa.Text),
        sa.Column("grid", sa.Text),
        sa.Column("first_at", _MOMENT, nullable=False),
        sa.Column("last_at", _MOMENT, nullable=False),
        sa.Column("evidence", sa.ARRAY(sa.Uuid), nullable=False, comment="complaints, the newest first"),
        sa.Column("cells", sa.ARRAY(sa.BigInteger), nullable=False, comment="of H3: the hot ones"),
        sa.Column("detected_at", _MOMENT, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT),
        sa.Column("ending", sa.Text),
        sa.Column("merged_into", sa.Uuid),
        sa.CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="hotspot_state"),
    )
    # ids are UUIDv7: their order is that of detection, which is the order of lists
    sa.Index("hotspot_by_state", spot.c.tenant, spot.c.state, spot.c.id)
    sa.Index("hotspot_by_end", spot.c.tenant, spot.c.ended_at, postgresql_where=spot.c.ended_at.is_not(None))
    sa.Table(
        "hotspot_change",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("hotspot_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        *_measures(),
    )


def _measures() -> list[sa.Column[object]]:
    return [
        sa.Column("lon", sa.Double, nullable=False, comment="of the centre"),
        sa.Column("lat", sa.Double, nullable=False),
        sa.Column("radius_metres", sa.Integer, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("expected", sa.Double, nullable=False),
        sa.Column("score", sa.Double, nullable=False),
        sa.Column("trend", sa.Text, nullable=False),
    ]

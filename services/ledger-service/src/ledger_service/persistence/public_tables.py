"""The tables of what is public: each tenant's choice, and the months as they were published."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

_MOMENT = sa.DateTime(timezone=True)


def add_public_tables(metadata: sa.MetaData) -> None:
    """Add them to the ledger's metadata."""
    sa.Table(
        "public_setting",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("content", JSONB, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
    )
    sa.Table(
        "public_month",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("month", sa.Date, primary_key=True, comment="its first day"),
        sa.Column("published_at", _MOMENT, nullable=False),
        sa.Column("settings_version", sa.Integer, nullable=False),
        sa.Column("figures", JSONB, nullable=False, comment="what is told, and nothing besides"),
    )
    complaint = sa.Table(
        "public_complaint",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("ref", sa.Uuid, primary_key=True, comment="random: says nothing of the order"),
        sa.Column("month", sa.Date, nullable=False),
        sa.Column("complaint_id", sa.Uuid, nullable=False, comment="never told"),
        sa.Column("category", sa.Text, comment="null where too few have it"),
        sa.Column("community", sa.Text, comment="null where too few have it"),
    )
    sa.Index("public_complaint_by_month", complaint.c.tenant, complaint.c.month, complaint.c.ref)
    sa.Table(
        "public_cell",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("month", sa.Date, primary_key=True),
        sa.Column("cell", sa.BigInteger, primary_key=True, autoincrement=False, comment="of H3"),
        sa.Column("complaints", sa.Integer, nullable=False, comment="rounded down to a multiple of k"),
    )

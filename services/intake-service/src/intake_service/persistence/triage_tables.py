"""The tables of triage: what reporters of rejected complaints are advised."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB


def add_triage_tables(metadata: sa.MetaData) -> None:
    """Add them to intake's tables."""
    sa.Table(
        "rejection_template",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("content", JSONB, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
    )

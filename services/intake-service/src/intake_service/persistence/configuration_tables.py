"""The tables of the configuration: its versions, the draft, and what was told of it."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB


def add_configuration_tables(metadata: sa.MetaData) -> None:
    """Add them to intake's tables."""
    sa.Table(
        "configuration_version",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False, comment="the highest is in force"),
        sa.Column("content", JSONB, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
    )
    sa.Table(
        "configuration_draft",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("content", JSONB, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
    )
    sa.Table(
        "directory_entry",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("sequence", sa.Integer, nullable=False, comment="events published about it so far"),
        sa.Column("removed", sa.Boolean, nullable=False),
    )

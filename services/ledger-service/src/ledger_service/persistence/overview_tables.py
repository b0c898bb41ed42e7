"""Tables of the live view: the directory as dispatch and intake tell it, who is on duty, and tickets for the stream."""

import sqlalchemy as sa

_MOMENT = sa.DateTime(timezone=True)


def add_overview_tables(metadata: sa.MetaData) -> None:
    """Add them to the ledger's metadata."""
    sa.Table(
        "directory",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True, comment="community, grid, team, category, duty_item or source"),
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("sequence", sa.Integer, nullable=False, comment="of the event that it is known from"),
        sa.Column("removed", sa.Boolean, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("community", sa.Text, comment="of a grid or a team"),
        sa.Column("team", sa.Text, comment="of a grid"),
        sa.Column("name_en", sa.Text, comment="of a category, a duty item or a source"),
        sa.Column("gates", sa.ARRAY(sa.Text), comment="that closings of a category need; null: it does not say"),
    )
    sa.Table(
        "team_duty",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("team", sa.Text, primary_key=True),
        sa.Column("sequence", sa.Integer, nullable=False, comment="of the event that it is known from"),
        sa.Column("planned", sa.Integer, nullable=False),
        sa.Column("on_duty", sa.Integer, nullable=False, comment="of those planned"),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("until", _MOMENT, comment="when the roster changes that next, within a day"),
    )
    sa.Table(
        "stream_ticket",
        metadata,
        sa.Column("digest", sa.LargeBinary, primary_key=True, comment="SHA-256 of the ticket, which is kept nowhere"),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("roles", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False, comment="of the token that it was asked for with"),
        sa.Column("valid_until", _MOMENT, nullable=False),
    )

"""The tables of a ledger that reads its topic again: up to where, and what waits until it has."""

import sqlalchemy as sa

_MOMENT = sa.DateTime(timezone=True)


def add_rereading_tables(metadata: sa.MetaData) -> None:
    """Add them to the ledger's metadata. Both are empty but for a while after a restore."""
    sa.Table(
        "reading_again",
        metadata,
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("until", sa.BigInteger, nullable=False, comment="the offset at which the partition ended"),
        sa.Column("since", _MOMENT, nullable=False, server_default=sa.func.now()),
    )
    sa.Table(
        "held_cause",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("complaint_id", sa.Uuid, primary_key=True),
        sa.Column("type", sa.Text, primary_key=True),
        sa.Column("event_id", sa.Uuid, nullable=False, comment="the newest of its type, which is entered"),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("correlation_id", sa.Uuid, nullable=False),
        sa.Column("traceparent", sa.Text),
    )

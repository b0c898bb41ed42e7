"""The bus's three tables. Each service makes them in its own database, in its own migrations."""

import sqlalchemy as sa

SHARDS = 12
"""Fixed for good: an event's shard is written into its row. Twelve divides evenly among 1, 2, 3, 4, 6 relays."""


def outbox_table(metadata: sa.MetaData) -> sa.Table:
    """Events waiting to be published, and those published lately.

    `id`, `aggregatetype` (the topic), `aggregateid` (the key), `type` and `payload` are what Debezium's outbox event
    router expects; the other columns can be placed as headers by it.
    """
    table = sa.Table(
        "outbox",
        metadata,
        sa.Column("position", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("aggregatetype", sa.Text, nullable=False),
        sa.Column("aggregateid", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("correlationid", sa.Uuid, nullable=False),
        sa.Column("causationid", sa.Uuid),
        sa.Column("traceparent", sa.Text),
        sa.Column("shard", sa.SmallInteger, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True)),
        sa.Column("error", sa.Text, comment="why the relay set this row aside; null for all others"),
    )
    sa.Index("outbox_unpublished", table.c.position, postgresql_where=table.c.published_at.is_(None))
    sa.Index("outbox_set_aside", table.c.position, postgresql_where=table.c.error.is_not(None))
    # Ids (UUIDv7) follow the order of the rows roughly, and a BRIN index costs next to nothing.
    sa.Index("outbox_by_id", table.c.id, postgresql_using="brin")
    return table


def inbox_table(metadata: sa.MetaData) -> sa.Table:
    """Ids of the events that each consumer has applied: the exactly-once point.

    Event ids are UUIDv7, so the primary key is in time order and old claims are deleted by range.
    """
    return sa.Table(
        "inbox",
        metadata,
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("consumer", sa.Text, primary_key=True),
    )


def parked_table(metadata: sa.MetaData) -> sa.Table:
    """Messages that could not be applied, as raw bytes, with later messages of the same key behind them."""
    table = sa.Table(
        "parked_message",
        metadata,
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("consumer", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("partition", sa.Integer, nullable=False),
        sa.Column("offset", sa.BigInteger, nullable=False),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("headers", sa.LargeBinary, nullable=False, comment="JSON list of [name, base64]"),
        sa.Column("value", sa.LargeBinary),
        sa.Column("error_class", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="1"),
        sa.Column("state", sa.Text, nullable=False, server_default="parked"),
        sa.Column("parked_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("settled_by", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column(
            "digest",
            sa.LargeBinary,
            nullable=False,
            server_default=sa.text("''"),
            comment="of key, headers and value; replicas that know of none leave it to a trigger",
        ),
        sa.UniqueConstraint("consumer", "topic", "partition", "offset", "digest", name="parked_message_once"),
        sa.CheckConstraint("state IN ('parked', 'released', 'discarded')", name="parked_message_state"),
    )
    sa.Index(
        "parked_message_open",
        table.c.consumer,
        table.c.key,
        table.c.id,
        postgresql_where=sa.text("state = 'parked'"),
    )
    return table


def add_bus_tables(metadata: sa.MetaData) -> None:
    """Add outbox, inbox and parked messages to a service's metadata."""
    outbox_table(metadata)
    inbox_table(metadata)
    parked_table(metadata)

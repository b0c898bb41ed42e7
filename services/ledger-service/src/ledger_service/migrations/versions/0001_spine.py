"""The spine: complaints, the append-only entries, idempotency keys, bus tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

REFUSE_CHANGE = """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the ledger is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END $$
"""
APPEND_ONLY = """
    CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    op.create_table(
        "entry",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("status_before", sa.Text(), nullable=True),
        sa.Column("status_after", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False, comment="time of the event"),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("data", sa.Text(), nullable=False, comment="the event's payload, byte for byte as it came"),
        sa.PrimaryKeyConstraint("tenant", "position"),
        sa.UniqueConstraint("complaint_id", "source", "sequence", name="entry_once"),
    )
    op.create_index("entry_by_time", "entry", ["occurred_at"], unique=False, postgresql_using="brin")
    op.create_table(
        "idempotency_key",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "principal", "key"),
    )
    op.create_index(op.f("ix_idempotency_key_created_at"), "idempotency_key", ["created_at"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "consumer"),
    )
    op.create_table(
        "ledger_complaint",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("proactive", sa.Boolean(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True, comment="opaque subject of the reporter"),
        sa.Column("external_ref", sa.Text(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community", sa.Text(), nullable=True),
        sa.Column("grid", sa.Text(), nullable=True),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("team_name", sa.Text(), nullable=True),
        sa.Column("worker", sa.Text(), nullable=True, comment="subject of whoever resolved it last"),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("satisfaction", sa.Text(), nullable=True),
        sa.Column("solved", sa.Boolean(), nullable=True),
        sa.Column("seq_intake", sa.Integer(), nullable=False),
        sa.Column("seq_dispatch", sa.Integer(), nullable=False),
        sa.Column("seq_ledger", sa.Integer(), nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="when the ledger last entered an event",
        ),
        sa.PrimaryKeyConstraint("tenant", "complaint_id"),
    )
    op.create_index(
        "ledger_complaint_by_change", "ledger_complaint", ["updated_at"], unique=False, postgresql_using="brin"
    )
    op.create_index(
        "ledger_complaint_by_owner",
        "ledger_complaint",
        ["tenant", "owner", "complaint_id"],
        unique=False,
        postgresql_where=sa.text("owner IS NOT NULL"),
    )
    op.create_index(
        "ledger_complaint_by_status", "ledger_complaint", ["tenant", "status", "complaint_id"], unique=False
    )
    op.create_table(
        "outbox",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("aggregatetype", sa.Text(), nullable=False),
        sa.Column("aggregateid", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("correlationid", sa.Uuid(), nullable=False),
        sa.Column("causationid", sa.Uuid(), nullable=True),
        sa.Column("traceparent", sa.Text(), nullable=True),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True, comment="why the relay set this row aside; null for all others"),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_index(
        "outbox_unpublished", "outbox", ["position"], unique=False, postgresql_where=sa.text("published_at IS NULL")
    )
    op.create_table(
        "parked_message",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("headers", sa.LargeBinary(), nullable=False, comment="JSON list of [name, base64]"),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.Column("error_class", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="1", nullable=False),
        sa.Column("state", sa.Text(), server_default="parked", nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('parked', 'released', 'discarded')", name="parked_message_state"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("consumer", "topic", "partition", "offset", name="parked_message_once"),
    )
    op.create_index(
        "parked_message_open",
        "parked_message",
        ["consumer", "key", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'parked'"),
    )
    op.execute(REFUSE_CHANGE)
    op.execute(APPEND_ONLY)


def downgrade() -> None:
    op.drop_index("parked_message_open", table_name="parked_message", postgresql_where=sa.text("state = 'parked'"))
    op.drop_table("parked_message")
    op.drop_index("outbox_unpublished", table_name="outbox", postgresql_where=sa.text("published_at IS NULL"))
    op.drop_table("outbox")
    op.drop_index("ledger_complaint_by_status", table_name="ledger_complaint")
    op.drop_index(
        "ledger_complaint_by_owner", table_name="ledger_complaint", postgresql_where=sa.text("owner IS NOT NULL")
    )
    op.drop_index("ledger_complaint_by_change", table_name="ledger_complaint", postgresql_using="brin")
    op.drop_table("ledger_complaint")
    op.drop_table("inbox")
    op.drop_index(op.f("ix_idempotency_key_created_at"), table_name="idempotency_key")
    op.drop_table("idempotency_key")
    op.drop_index("entry_by_time", table_name="entry", postgresql_using="brin")
    op.drop_table("entry")
    op.execute("DROP FUNCTION refuse_change()")

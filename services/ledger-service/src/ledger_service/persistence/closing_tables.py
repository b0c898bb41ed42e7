"""The tables of closings: the rules that they go by, and the tasks about what reporters think of results."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

_MOMENT = sa.DateTime(timezone=True)
LIVE = "state IN ('open', 'supervisor')"
"""Tasks with which somebody still has to do something."""


def closing_columns() -> list[sa.Column[object]]:
    """Return what a complaint has of its closing besides the moment."""
    return [
        sa.Column(
            "closing_version",
            sa.Integer,
            nullable=False,
            server_default="0",
            comment="of the closing rules that its round goes by; 0: of those that are shipped",
        ),
        sa.Column("query_code_digest", sa.Text, comment="SHA-256 of complaint and query code, hexadecimal"),
    ]


def add_closing_tables(metadata: sa.MetaData) -> None:
    """Add them to the ledger's metadata."""
    sa.Table(
        "closing_rules",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False, comment="from 1 without gaps"),
        sa.Column("content", JSONB, nullable=False, comment="a list of rules, the first that fits decides"),
        sa.Column("in_force_from", _MOMENT, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.Column("gates", JSONB(none_as_null=True), comment="what categories said then, by code; null: nothing"),
    )
    task = sa.Table(
        "follow_up",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True, comment="made from the event that asks for it"),
        sa.Column("complaint_id", sa.Uuid, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="open"),
        sa.Column("version", sa.Integer, nullable=False, server_default="1", comment="counts its changes"),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("most_attempts", sa.Integer, nullable=False),
        sa.Column("outcome", sa.Text, comment="of the newest call"),
        sa.Column("next_at", _MOMENT, comment="when to try again"),
        sa.Column("claimed_by", sa.Text, comment="subject of whoever is at it"),
        sa.Column("claimed_until", _MOMENT),
        sa.Column("asked_by", sa.Text, comment="subject of whoever wants it; null: a rule"),
        sa.Column("note", sa.Text, comment="what it is about, where somebody wants it"),
        sa.Column("done_at", _MOMENT),
        sa.Column("decision", sa.Text, comment="of a supervisor"),
        sa.Column("decided_by", sa.Text),
        sa.Column("reason", sa.Text),
        sa.CheckConstraint(f"(done_at IS NULL) = ({LIVE})", name="follow_up_done"),
    )
    sa.Index("follow_up_queue", task.c.tenant, task.c.due_at, task.c.id, postgresql_where=sa.text(LIVE))
    sa.Index("follow_up_by_complaint", task.c.tenant, task.c.complaint_id, task.c.id)

"""The tables of triage: rules, the queue of what they suspect, and the advice on rejected complaints."""

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
    sa.Table(
        "triage_rule_version",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("content", JSONB, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.Column("note", sa.Text),
    )
    item = sa.Table(
        "triage_item",
        metadata,
        sa.Column("complaint_id", sa.Uuid, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="waiting"),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.Column("reasons", JSONB, nullable=False, comment="[{rule, reason, action, zh, en}]; rule null: by hand"),
        sa.Column("rules_version", sa.Integer, comment="of the tenant's rules; null: put there by hand"),
        sa.Column("goes_on_at", sa.DateTime(timezone=True), comment="until when it is held; null: it is not held"),
        sa.Column("flagged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_by", sa.Text),
        sa.Column("claimed_at", sa.DateTime(timezone=True)),
        sa.Column("outcome", sa.Text, comment="once it waits no longer"),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("steps", JSONB, nullable=False, server_default="[]", comment="[{step, by, at, note}], oldest first"),
        sa.CheckConstraint(sa.column("state").in_(("waiting", "released", "ended")), name="triage_item_state"),
        comment="what somebody should look at; work goes on meanwhile unless it is held",
    )
    waiting = item.c.state == "waiting"
    sa.Index("triage_item_waiting", item.c.tenant, item.c.complaint_id, postgresql_where=waiting)
    sa.Index("triage_item_held", item.c.goes_on_at, postgresql_where=waiting & item.c.goes_on_at.is_not(None))
    sa.Index("triage_item_of_tenant", item.c.tenant, item.c.state, item.c.complaint_id)

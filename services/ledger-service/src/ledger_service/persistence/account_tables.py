"""The tables of reconciliation with the other services: what was asked and stated, and what has lost its way."""

import sqlalchemy as sa

_MOMENT = sa.DateTime(timezone=True)


def add_account_tables(metadata: sa.MetaData) -> None:
    """Add them to the ledger's metadata."""
    sa.Table(
        "reconciliation",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("asked_by", sa.Text, comment="subject of whoever asked; null for the hourly ones"),
        sa.Column("until", _MOMENT, nullable=False),
        sa.Column("hours", sa.ARRAY(_MOMENT), nullable=False),
        sa.Column("entered", sa.BigInteger, nullable=False, comment="entries of the ledger in these hours"),
    )
    sa.Table(
        "reconciliation_statement",
        metadata,
        sa.Column("reconciliation", sa.Uuid, sa.ForeignKey("reconciliation.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("service", sa.Text, primary_key=True),
        sa.Column("stated_at", _MOMENT, nullable=False),
        sa.Column("published", sa.BigInteger, nullable=False),
        sa.Column("applied", sa.BigInteger, nullable=False),
        sa.Column("hours_differing", sa.Integer, nullable=False),
        sa.Column("hours_unlisted", sa.Integer, nullable=False, comment="of which the statement could not list all"),
        sa.Column("stuck", sa.Integer, nullable=False, comment="complaints that were found so"),
        sa.Column("parked_messages", sa.BigInteger, nullable=False),
    )
    loose = sa.Table(
        "loose_end",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("complaint_id", sa.Uuid, primary_key=True),
        sa.Column("reason", sa.Text, primary_key=True),
        sa.Column("service", sa.Text, primary_key=True, comment="where it lies or is missing"),
        sa.Column("stated_by", sa.Text, primary_key=True, comment="whose accounts showed it"),
        sa.Column("since", _MOMENT, primary_key=True, comment="when the first was parked, or made"),
        sa.Column("why", sa.Text, primary_key=True),
        sa.Column("event_id", sa.Uuid, comment="the first"),
        sa.Column("events", sa.Integer, nullable=False),
        sa.CheckConstraint("reason IN ('parked', 'stuck')", name="loose_end_reason"),
    )
    sa.Index("loose_end_by_time", loose.c.tenant, loose.c.since, loose.c.complaint_id)

"""The tables of what supervisors decide and demand about complaints: endings, appeals against ratings, orders."""

import sqlalchemy as sa

_MOMENT = sa.DateTime(timezone=True)


def add_matter_tables(metadata: sa.MetaData) -> None:
    """Add them to the ledger's metadata. All follow from entries alone."""
    request = sa.Table(
        "ending_request",
        metadata,
        *_key(),
        sa.Column("ending", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False, comment="subject of the token"),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("state", sa.Text, nullable=False, comment="pending, approved, refused, done or lapsed"),
        sa.Column("decision", sa.Uuid, comment="id of the event that decided"),
        *_decision(),
    )
    sa.Index("ending_request_by_state", request.c.tenant, request.c.state, request.c.id)
    sa.Index(
        "ending_request_unsettled",
        request.c.complaint_id,
        unique=True,
        postgresql_where=request.c.state.in_(["pending", "approved"]),
    )
    appeal = sa.Table(
        "rating_appeal",
        metadata,
        *_key(),
        sa.Column("rating", sa.Uuid, nullable=False, comment="id of the event that brought the rating"),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("appealed_by", sa.Text, nullable=False, comment="subject of the token"),
        sa.Column("appealed_at", _MOMENT, nullable=False),
        sa.Column("state", sa.Text, nullable=False, comment="pending, upheld, rejected or lapsed"),
        *_decision(),
        sa.UniqueConstraint("complaint_id", "rating", name="rating_appeal_once"),
    )
    sa.Index("rating_appeal_by_state", appeal.c.tenant, appeal.c.state, appeal.c.id)
    order = sa.Table(
        "supervision_order",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("complaint_id", sa.Uuid, nullable=False),
        sa.Column("deadline", _MOMENT, nullable=False),
        sa.Column("settled_at", _MOMENT, comment="answered or withdrawn"),
    )
    waits = order.c.settled_at.is_(None)
    sa.Index("supervision_order_waiting", order.c.tenant, order.c.deadline, postgresql_where=waits)


def _key() -> list[sa.Column[object]]:
    return [
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True, comment="of the event that asked"),
        sa.Column("complaint_id", sa.Uuid, nullable=False),
    ]


def _decision() -> list[sa.Column[object]]:
    return [
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_at", _MOMENT),
        sa.Column("decision_reason", sa.Text),
    ]

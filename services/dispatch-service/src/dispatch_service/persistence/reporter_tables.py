"""The tables of what passes between a case's reporter and the bureau, as intake tells it."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB


def add_reporter_tables(metadata: sa.MetaData) -> None:
    """Add supplements and questions, each under the id that intake has given it."""
    supplement = _said(
        metadata,
        "case_supplement",
        sa.Column("by", sa.Text, nullable=False, comment="reporter or operator"),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("location", JSONB(none_as_null=True), comment="lon and lat in WGS84 degrees, address"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    question = _said(
        metadata,
        "case_question",
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text, comment="answered or lapsed"),
        sa.Column("answer", sa.Text),
        sa.Column("actor", sa.Text, comment="who answered"),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("waited_from", sa.DateTime(timezone=True), comment="the clock stood; null: it did not"),
        sa.Column("waited_until", sa.DateTime(timezone=True)),
    )
    sa.Index("case_supplement_of_case", supplement.c.complaint_id)
    sa.Index("case_question_of_case", question.c.complaint_id)


def _said(metadata: sa.MetaData, name: str, *columns: sa.Column[object]) -> sa.Table:
    return sa.Table(
        name,
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("complaint_id", sa.Uuid, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("attachments", JSONB, nullable=False, server_default="[]"),
        *columns,
    )

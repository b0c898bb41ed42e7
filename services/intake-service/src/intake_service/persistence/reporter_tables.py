"""The tables of what passes between reporter and bureau: what was added, and what was asked."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from intake_service.persistence.tables import metadata

QUESTION_STATES = ("open", "answered", "lapsed", "dropped")
_TIME = sa.DateTime(timezone=True)

supplement = sa.Table(
    "supplement",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("complaint_id", sa.Uuid, nullable=False),
    sa.Column("by_operator", sa.Boolean, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("lon", sa.Double, comment="WGS84 degrees"),
    sa.Column("lat", sa.Double, comment="WGS84 degrees"),
    sa.Column("address", sa.Text),
    sa.Column("attachments", ARRAY(sa.Uuid), nullable=False, server_default="{}"),
    sa.Column("written_at", _TIME, nullable=False),
)
sa.Index("supplement_of_complaint", supplement.c.complaint_id, supplement.c.id)

question = sa.Table(
    "question",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("complaint_id", sa.Uuid, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("asked_at", _TIME, nullable=False),
    sa.Column("lapses_at", _TIME, nullable=False),
    sa.Column("answer", sa.Text),
    sa.Column("actor", sa.Text, comment="who answered"),
    sa.Column("attachments", ARRAY(sa.Uuid), nullable=False, server_default="{}"),
    sa.Column("ended_at", _TIME),
    sa.CheckConstraint(sa.column("state").in_(QUESTION_STATES), name="question_state"),
    comment="what reporters were asked; whether one is waited for says its complaint",
)
sa.Index("question_of_complaint", question.c.complaint_id, question.c.id)
sa.Index("question_open", question.c.lapses_at, postgresql_where=question.c.state == "open")

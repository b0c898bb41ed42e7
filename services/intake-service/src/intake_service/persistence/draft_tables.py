"""The table of drafts: reports that are not finished."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from intake_service.persistence.tables import metadata

_TIME = sa.DateTime(timezone=True)

draft = sa.Table(
    "draft",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, nullable=False, comment="subject; nobody else sees it"),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("body", JSONB, nullable=False, comment="personal data; {} once it is submitted"),
    sa.Column("created_at", _TIME, nullable=False),
    sa.Column("updated_at", _TIME, nullable=False),
    sa.Column("expires_at", _TIME, nullable=False),
    sa.Column("complaint_id", sa.Uuid, comment="what it has become; null while it is a draft"),
)
sa.Index("draft_by_owner", draft.c.tenant, draft.c.owner, draft.c.id)
sa.Index("draft_by_expiry", draft.c.expires_at)
sa.Index("draft_by_complaint", draft.c.complaint_id, postgresql_where=draft.c.complaint_id.is_not(None))

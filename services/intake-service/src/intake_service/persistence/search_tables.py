"""The tables of full text, saved filters and disclosures, and the indexes of lists."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

from intake_service.persistence.tables import complaint, metadata

_TIME = sa.DateTime(timezone=True)

complaint_unread = sa.Table(
    "complaint_unread",
    metadata,
    sa.Column("complaint_id", sa.Uuid, nullable=False),
    comment="complaints whose words are not in complaint_text, or have changed",
)
complaint_text = sa.Table(
    "complaint_text",
    metadata,
    sa.Column("complaint_id", sa.Uuid, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("words", TSVECTOR, nullable=False),
)
sa.Index(
    "complaint_text_words",
    complaint_text.c.words,
    postgresql_using="gin",
    postgresql_with={"fastupdate": "on", "gin_pending_list_limit": "512"},
)

saved_filter = sa.Table(
    "saved_filter",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, nullable=False, comment="subject of the token"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("roles", sa.ARRAY(sa.Text), nullable=False, comment="who else may use it"),
    sa.Column("content", JSONB, nullable=False, comment="the filters, without what was not given"),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("changed_at", _TIME, nullable=False),
    sa.UniqueConstraint("tenant", "owner", "name", name="saved_filter_name"),
)
disclosure = sa.Table(
    "disclosure",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("at", _TIME, nullable=False),
    sa.Column("kind", sa.Text, nullable=False, comment="export, or phone: looked for by a reporter's number"),
    sa.Column("form", sa.Text, comment="of an export"),
    sa.Column("reporters", sa.Boolean, nullable=False, comment="whether it told who had reported"),
    sa.Column("filters", JSONB, nullable=False),
    sa.Column("complaints", sa.Integer, comment="how many were in the file"),
    comment="who was given complaints as a file, or looked for a person: never changed",
)
sa.Index("disclosure_of_tenant", disclosure.c.tenant, disclosure.c.id)

# What goes on is few, and any filter is quick among it. What has ended is many, and has an index for each filter that
# may be rare; a complaint enters these once, when it ends, and its changes before stay cheap.
_HAS_ENDED = complaint.c.ended_as.is_not(None)
sa.Index("complaint_live", complaint.c.tenant, complaint.c.id, postgresql_where=complaint.c.ended_as.is_(None))
for _name, _column in {
    "category": complaint.c.category,  # in the order of code points, which Alembic does not compare
    "source": complaint.c.source,
    "community": complaint.c.community,
    "grid": complaint.c.grid,
    "unit": complaint.c.unit,
    "change": complaint.c.ended_at,
}.items():
    sa.Index(f"complaint_past_by_{_name}", complaint.c.tenant, _column, complaint.c.id, postgresql_where=_HAS_ENDED)
for _name, _column, _usual in (("ending", complaint.c.ended_as, "closed"), ("kind", complaint.c.kind, "complaint")):
    sa.Index(
        f"complaint_past_by_{_name}",
        complaint.c.tenant,
        _column,
        complaint.c.id,
        postgresql_where=sa.and_(_HAS_ENDED, _column != sa.text(f"'{_usual}'")),
    )
sa.Index(
    "complaint_past_by_band",
    complaint.c.tenant,
    sa.text("CAST(floor(lat * 1000) AS integer)"),  # the band, of which there are BANDS_PER_DEGREE
    complaint.c.lon,
    complaint.c.lat,
    complaint.c.id,  # of a place where much is reported, no row is read to find the newest
    postgresql_where=_HAS_ENDED,
)

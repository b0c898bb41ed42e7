"""What is like what: an index of what complaints say, and who follows which."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from intake_service.persistence.tables import metadata

_TIME = sa.DateTime(timezone=True)

complaint_likeness = sa.Table(
    "complaint_likeness",
    metadata,
    sa.Column("complaint_id", sa.Uuid, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("cell", sa.BigInteger, comment="part of the map; null: no point was given"),
    sa.Column("lon", sa.Double, comment="WGS84 degrees"),
    sa.Column("lat", sa.Double, comment="WGS84 degrees"),
    sa.Column("keys", ARRAY(sa.Integer), nullable=False, comment="pairs of letters, salted by tenant and quarter"),
    comment="what a complaint is found by that is like another; made from it, behind it",
)
sa.Index(
    "complaint_likeness_keys",
    complaint_likeness.c["keys"],
    postgresql_using="gin",
    postgresql_with={"fastupdate": "on", "gin_pending_list_limit": "256"},
)
sa.Index(
    "complaint_likeness_cell",
    complaint_likeness.c.tenant,
    complaint_likeness.c.cell,
    complaint_likeness.c.complaint_id.desc(),
    postgresql_where=complaint_likeness.c.cell.is_not(None),
)

likeness_mark = sa.Table(
    "likeness_mark",
    metadata,
    sa.Column("only", sa.Boolean, primary_key=True, server_default=sa.true()),
    sa.Column("before", sa.Uuid, nullable=False, comment="complaints below this id are indexed"),
    comment="how far the index of likeness is; one row",
)

follower = sa.Table(
    "complaint_follower",
    metadata,
    sa.Column("complaint_id", sa.Uuid, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("is_affected", sa.Boolean, nullable=False, comment="says: me too"),
    sa.Column("created_at", _TIME, nullable=False),
    comment="who follows a complaint of somebody else; personal data",
)
sa.Index("complaint_follower_by_subject", follower.c.tenant, follower.c.subject, follower.c.complaint_id)

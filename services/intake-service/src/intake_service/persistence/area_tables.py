"""The table of grids as intake knows them: what a tenant's area is made of."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from intake_service.persistence.tables import metadata

grid_area = sa.Table(
    "grid_area",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("sequence", sa.Integer, nullable=False, comment="of the event that says so"),
    sa.Column("removed", sa.Boolean, nullable=False),
    sa.Column("community", sa.Text, nullable=False),
    sa.Column("area", JSONB, nullable=False, comment="coordinates of a GeoJSON MultiPolygon, WGS84 degrees"),
)

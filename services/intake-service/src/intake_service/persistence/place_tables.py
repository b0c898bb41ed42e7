"""The tables of posts and stations, and of the names of communities and grids, as intake knows them."""

import sqlalchemy as sa

from intake_service.persistence.tables import metadata

known_place = sa.Table(
    "known_place",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("sequence", sa.Integer, nullable=False, comment="of the event that says so"),
    sa.Column("kind", sa.Text, nullable=False, comment="post, liaison_station, kiosk, service_station, guide_point"),
)

place_name = sa.Table(
    "place_name",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True, comment="community, grid"),
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("sequence", sa.Integer, nullable=False, comment="of the event that says so"),
    sa.Column("name", sa.Text, nullable=False),
)
"""What communities and grids are called, as dispatch tells: files that people read have names."""

"""The table of posts and stations as intake knows them."""

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

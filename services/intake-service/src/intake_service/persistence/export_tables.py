"""The tables of exports that are made in the background, and of whose data is in them."""

import sqlalchemy as sa

from intake_service.persistence.tables import metadata
from operations.exporting.jobs import export_table

export_table(metadata)
export_part = sa.Table(
    "export_part",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("export_id", sa.Uuid, primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("first", sa.Uuid, nullable=False, comment="the least id of the part"),
    sa.Column("last", sa.Uuid, nullable=False),
    sa.Column("ids", sa.ARRAY(sa.Uuid), nullable=False),
    comment="which complaints are in the file of an export, so that it goes when one of them is erased",
)

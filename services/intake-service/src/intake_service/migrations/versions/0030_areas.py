"""The grids that a tenant's area is made of, and which complaints lie outside it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0019b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "grid_area",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False, comment="of the event that says so"),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("community", sa.Text(), nullable=False),
        sa.Column(
            "area",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="coordinates of a GeoJSON MultiPolygon, WGS84 degrees",
        ),
        sa.PrimaryKeyConstraint("tenant", "code"),
    )
    op.add_column(
        "complaint",
        sa.Column(
            "outside_area",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="of its tenant, as it was when it came in or was located",
        ),
    )


def downgrade() -> None:
    op.drop_column("complaint", "outside_area")
    op.drop_table("grid_area")

"""Activities and what they come to a day."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "activity",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="counts its entries"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False, comment="in the unit of the kind"),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "day", sa.Date(), nullable=False, comment="of happened_at in the tenant's time zone: where it counts"
        ),
        sa.Column("community", sa.Text(), nullable=True),
        sa.Column("grid", sa.Text(), nullable=True),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("people", sa.Integer(), nullable=True, comment="how many took part"),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("evidence", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("generated", sa.Boolean(), nullable=False, comment="made up, for the demo county"),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id"),
    )
    op.create_index("activity_by_time", "activity", ["tenant", "happened_at", "id"])
    op.create_index("activity_by_community", "activity", ["tenant", "community", "happened_at", "id"])
    op.create_index("activity_by_team", "activity", ["tenant", "team", "happened_at", "id"])
    op.create_table(
        "activity_day",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("community", sa.Text(), nullable=False, comment="'' for none"),
        sa.Column("team", sa.Text(), nullable=False, comment="'' for none"),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("activities", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "day", "kind", "community", "team"),
    )


def downgrade() -> None:
    op.drop_table("activity_day")
    op.drop_table("activity")

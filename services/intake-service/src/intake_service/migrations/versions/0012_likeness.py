"""The index of what complaints say, and who follows which."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "complaint_likeness",
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("cell", sa.BigInteger(), nullable=True, comment="part of the map; null: no point was given"),
        sa.Column("lon", sa.Double(), nullable=True, comment="WGS84 degrees"),
        sa.Column("lat", sa.Double(), nullable=True, comment="WGS84 degrees"),
        sa.Column(
            "keys",
            postgresql.ARRAY(sa.Integer()),
            nullable=False,
            comment="pairs of letters, salted by tenant and quarter",
        ),
        sa.PrimaryKeyConstraint("complaint_id"),
        comment="what a complaint is found by that is like another; made from it, behind it",
    )
    op.create_index(
        "complaint_likeness_keys",
        "complaint_likeness",
        ["keys"],
        unique=False,
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )
    op.create_index(
        "complaint_likeness_cell",
        "complaint_likeness",
        ["tenant", "cell", sa.literal_column("complaint_id DESC")],
        unique=False,
        postgresql_where=sa.text("cell IS NOT NULL"),
    )
    mark = op.create_table(
        "likeness_mark",
        sa.Column("only", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("before", sa.Uuid(), nullable=False, comment="complaints below this id are indexed"),
        sa.PrimaryKeyConstraint("only"),
        comment="how far the index of likeness is; one row",
    )
    op.bulk_insert(mark, [{"before": "00000000-0000-0000-0000-000000000000"}])
    op.create_table(
        "complaint_follower",
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("is_affected", sa.Boolean(), nullable=False, comment="says: me too"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("complaint_id", "subject"),
        comment="who follows a complaint of somebody else; personal data",
    )
    op.create_index(
        "complaint_follower_by_subject",
        "complaint_follower",
        ["tenant", "subject", "complaint_id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_table("complaint_follower")
    op.drop_table("likeness_mark")
    op.drop_table("complaint_likeness")

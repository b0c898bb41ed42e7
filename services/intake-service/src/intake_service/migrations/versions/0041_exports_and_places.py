"""Exports of complaints that are made in the background, whose data is in their files; posts and stations."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "export",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "request", postgresql.JSONB(), nullable=False, comment="what was asked for, with the definition as it was"
        ),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("lines_done", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("lines_about", sa.BigInteger(), nullable=True, comment="how many there are, or were expected"),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True, comment="a code"),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "expires_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the file goes, and what is left of the row later",
        ),
        sa.Column("fetches", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("tenant", "id"),
    )
    op.create_index("export_by_asker", "export", ["tenant", "asked_by", "id"])
    op.create_index(
        "export_open", "export", ["tenant", "id"], postgresql_where=sa.text("state IN ('waiting', 'working')")
    )
    op.create_table(
        "export_part",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("first", sa.Uuid(), nullable=False, comment="the least id of the part"),
        sa.Column("last", sa.Uuid(), nullable=False),
        sa.Column("ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "export_id", "place"),
        comment="which complaints are in the file of an export, so that it goes when one of them is erased",
    )
    op.create_table(
        "known_place",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False, comment="of the event that says so"),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="post, liaison_station, kiosk, service_station, guide_point"
        ),
        sa.PrimaryKeyConstraint("tenant", "code"),
    )


def downgrade() -> None:
    op.drop_table("known_place")
    op.drop_table("export_part")
    op.drop_table("export")

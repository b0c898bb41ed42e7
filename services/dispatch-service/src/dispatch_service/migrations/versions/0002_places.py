"""Communities, teams, grids and posts; the version of the territory that routing watches."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_WATCHED = ("team", "grid")
_NOTE_CHANGE = """
CREATE FUNCTION note_territory_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO territory (tenant, version) VALUES (COALESCE(NEW.tenant, OLD.tenant), 1)
    ON CONFLICT (tenant) DO UPDATE SET version = territory.version + 1;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "community",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sub_district", sa.Text(), nullable=False),
        sa.Column(
            "generated",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="made up for a demonstration",
        ),
        sa.PrimaryKeyConstraint("tenant", "code"),
    )
    op.create_table(
        "team",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("community", sa.Text(), nullable=True),
        sa.Column(
            "generated",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="made up for a demonstration",
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "community"],
            ["community.tenant", "community.code"],
        ),
        sa.PrimaryKeyConstraint("tenant", "code"),
    )
    op.create_table(
        "team_member",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False, comment="as in the officer's token; no name is kept"),
        sa.Column("role", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "role IN ('leader', 'enforcement_assistant', 'community_worker', 'mobile')", name="team_member_role"
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "team"],
            ["team.tenant", "team.code"],
        ),
        sa.PrimaryKeyConstraint("tenant", "team", "subject"),
    )
    op.create_index("team_member_subject", "team_member", ["tenant", "subject"], unique=False)
    op.create_table(
        "grid",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="a case keeps the version it was routed by"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("community", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("geometry", postgresql.JSONB(), nullable=False, comment="GeoJSON Polygon or MultiPolygon, WGS84"),
        sa.Column("in_force", sa.Boolean(), nullable=False, comment="one version of a code at most"),
        sa.Column(
            "generated",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="made up for a demonstration",
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "community"],
            ["community.tenant", "community.code"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "team"],
            ["team.tenant", "team.code"],
        ),
        sa.PrimaryKeyConstraint("tenant", "code", "version"),
    )
    op.create_index("grid_in_force", "grid", ["tenant", "code"], unique=True, postgresql_where=sa.text("in_force"))
    op.create_table(
        "post",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("community", sa.Text(), nullable=False),
        sa.Column("grid", sa.Text(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column(
            "generated",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="made up for a demonstration",
        ),
        sa.CheckConstraint(
            "kind IN ('post', 'liaison_station', 'kiosk', 'service_station', 'guide_point')", name="post_kind"
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "community"],
            ["community.tenant", "community.code"],
        ),
        sa.PrimaryKeyConstraint("tenant", "code"),
    )
    op.create_table(
        "territory",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant"),
        comment="counts the changes of grids and teams; triggers keep it, routing watches it",
    )
    op.execute(_NOTE_CHANGE)
    for table in _WATCHED:
        op.execute(
            f"CREATE TRIGGER {table}_changes_territory AFTER INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION note_territory_change()"
        )


def downgrade() -> None:
    op.drop_table("territory")
    op.drop_table("post")
    op.drop_table("grid")
    op.drop_table("team_member")
    op.drop_table("team")
    op.drop_table("community")
    op.execute("DROP FUNCTION note_territory_change")

"""Hot spots: where complaints are, what was found among them, and by which rules."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _moment(name: str, *, nullable: bool = False, comment: str | None = None) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, comment=comment)


def _measures() -> list[sa.Column[object]]:
    return [
        sa.Column("lon", sa.Double(), nullable=False, comment="of the centre"),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("radius_metres", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Double(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("trend", sa.Text(), nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "hotspot_rule",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        _moment("changed_at"),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant"),
    )
    op.create_table(
        "hotspot_point",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("cell", sa.BigInteger(), nullable=False, comment="of H3"),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        _moment("at", comment="when it occurred, or was received"),
        sa.PrimaryKeyConstraint("tenant", "complaint_id"),
    )
    op.create_index("hotspot_point_by_time", "hotspot_point", ["tenant", "at"], postgresql_include=["category", "cell"])
    op.create_index("hotspot_point_by_cell", "hotspot_point", ["tenant", "cell", "at"], postgresql_include=["category"])
    op.create_table(
        "hotspot_day",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="of UTC"),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("complaints", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "day", "category"),
    )
    op.create_table(
        "hotspot_cursor",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False, server_default="0", comment="of the last entry read"),
        _moment("found_at", nullable=True, comment="when hot spots were looked for last"),
        sa.PrimaryKeyConstraint("tenant"),
    )
    op.create_table(
        "hotspot",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="counts its events"),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        *_measures(),
        sa.Column("community", sa.Text(), nullable=True),
        sa.Column("grid", sa.Text(), nullable=True),
        _moment("first_at"),
        _moment("last_at"),
        sa.Column("evidence", sa.ARRAY(sa.Uuid()), nullable=False, comment="complaints, the newest first"),
        sa.Column("cells", sa.ARRAY(sa.BigInteger()), nullable=False, comment="of H3: the hot ones"),
        _moment("detected_at"),
        _moment("changed_at"),
        _moment("ended_at", nullable=True),
        sa.Column("ending", sa.Text(), nullable=True),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id"),
        sa.CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="hotspot_state"),
    )
    op.create_index("hotspot_by_state", "hotspot", ["tenant", "state", "id"])
    op.create_index(
        "hotspot_by_end", "hotspot", ["tenant", "ended_at"], postgresql_where=sa.text("ended_at IS NOT NULL")
    )
    op.create_table(
        "hotspot_change",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("hotspot_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, autoincrement=False),
        _moment("at"),
        sa.Column("state", sa.Text(), nullable=False),
        *_measures(),
        sa.PrimaryKeyConstraint("tenant", "hotspot_id", "version"),
    )


def downgrade() -> None:
    for table in (
        "hotspot_change", "hotspot", "hotspot_cursor", "hotspot_day", "hotspot_point", "hotspot_rule",
    ):  # fmt: skip
        op.drop_table(table)

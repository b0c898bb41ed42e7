"""A register of components, and the one that a case is about."""

import sqlalchemy as sa
from alembic import op

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "component",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("class_code", sa.Text(), nullable=False, comment="as GB/T 30428.2 or the county numbers classes"),
        sa.Column("class_zh", sa.Text(), nullable=False),
        sa.Column("class_en", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True, comment="a department; null: unknown"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column(
            "generated", sa.Boolean(), server_default=sa.false(), nullable=False, comment="made up for a demonstration"
        ),
        sa.CheckConstraint("state IN ('in_use', 'damaged', 'removed')", name="component_state"),
        sa.ForeignKeyConstraint(["tenant", "owner"], ["department.tenant", "department.code"]),
        sa.PrimaryKeyConstraint("tenant", "code"),
        if_not_exists=True,
    )
    op.create_index("component_by_place", "component", ["tenant", "lon", "lat"], if_not_exists=True)
    op.create_index("component_by_owner", "component", ["tenant", "owner", "code"], if_not_exists=True)
    comment = "that it is about, as staff have said; null: none"
    op.add_column(
        "dispatch_case", sa.Column("component", sa.Text(), nullable=True, comment=comment), if_not_exists=True
    )
    create_index_online(
        "dispatch_case_by_component",
        "dispatch_case",
        ["tenant", "component", "complaint_id"],
        postgresql_where=sa.text("component IS NOT NULL"),
    )


def downgrade() -> None:
    drop_index_online("dispatch_case_by_component", "dispatch_case")
    op.drop_column("dispatch_case", "component")
    op.drop_table("component")

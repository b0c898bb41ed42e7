"""The work on complaints."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dispatch_case",
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False, comment="1, and one more with each rework or reopening"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False, comment="events published about it, gap-free"),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("grid", sa.Text(), nullable=True),
        sa.Column("grid_version", sa.Integer(), nullable=True),
        sa.Column("community", sa.Text(), nullable=True),
        sa.Column("explanation", postgresql.JSONB(), nullable=False, comment="why this team: rule, grid, team"),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("proactive", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("officer", sa.Text(), nullable=True, comment="subject of the one who acted last"),
        sa.Column("handling_mode", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("complaint_id"),
    )
    op.create_index("dispatch_case_by_change", "dispatch_case", ["tenant", "updated_at"], unique=False)
    op.create_index("dispatch_case_by_status", "dispatch_case", ["tenant", "status", "complaint_id"], unique=False)
    op.create_index("dispatch_case_by_team", "dispatch_case", ["tenant", "team", "complaint_id"], unique=False)


def downgrade() -> None:
    op.drop_table("dispatch_case")

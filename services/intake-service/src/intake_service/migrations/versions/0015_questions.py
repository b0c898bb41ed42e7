"""What reporters add to their complaints, and what they are asked."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "complaint",
        sa.Column("question", sa.Uuid(), nullable=True, comment="the one that waits for the reporter's answer"),
    )
    op.create_table(
        "supplement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("by_operator", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True, comment="WGS84 degrees"),
        sa.Column("lat", sa.Double(), nullable=True, comment="WGS84 degrees"),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("attachments", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("supplement_of_complaint", "supplement", ["complaint_id", "id"], unique=False)
    op.create_table(
        "question",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=True, comment="who answered"),
        sa.Column("attachments", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open', 'answered', 'lapsed', 'dropped')", name="question_state"),
        sa.PrimaryKeyConstraint("id"),
        comment="what reporters were asked; whether one is waited for says its complaint",
    )
    op.create_index("question_of_complaint", "question", ["complaint_id", "id"], unique=False)
    op.create_index(
        "question_open", "question", ["lapses_at"], unique=False, postgresql_where=sa.text("state = 'open'")
    )


def downgrade() -> None:
    op.drop_table("question")
    op.drop_table("supplement")
    op.drop_column("complaint", "question")

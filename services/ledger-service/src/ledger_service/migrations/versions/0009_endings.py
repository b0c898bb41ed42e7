"""What is asked for about complaints and decided by a supervisor: endings, and appeals against ratings."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _key() -> list[sa.Column[object]]:
    return [
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False, comment="of the event that asked"),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
    ]


def _decision() -> list[sa.Column[object]]:
    return [
        sa.Column("decided_by", sa.Text(), nullable=True),
        _moment("decided_at", nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
    ]


def upgrade() -> None:
    op.create_table(
        "ending_request",
        *_key(),
        sa.Column("ending", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False, comment="subject of the token"),
        _moment("asked_at"),
        sa.Column("state", sa.Text(), nullable=False, comment="pending, approved, refused, done or lapsed"),
        sa.Column("decision", sa.Uuid(), nullable=True, comment="id of the event that decided"),
        *_decision(),
        sa.PrimaryKeyConstraint("tenant", "id"),
    )
    op.create_index("ending_request_by_state", "ending_request", ["tenant", "state", "id"])
    op.create_index(
        "ending_request_unsettled",
        "ending_request",
        ["complaint_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('pending', 'approved')"),
    )
    op.create_table(
        "rating_appeal",
        *_key(),
        sa.Column("rating", sa.Uuid(), nullable=False, comment="id of the event that brought the rating"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("appealed_by", sa.Text(), nullable=False, comment="subject of the token"),
        _moment("appealed_at"),
        sa.Column("state", sa.Text(), nullable=False, comment="pending, upheld, rejected or lapsed"),
        *_decision(),
        sa.PrimaryKeyConstraint("tenant", "id"),
        sa.UniqueConstraint("complaint_id", "rating", name="rating_appeal_once"),
    )
    op.create_index("rating_appeal_by_state", "rating_appeal", ["tenant", "state", "id"])


def downgrade() -> None:
    op.drop_table("rating_appeal")
    op.drop_table("ending_request")

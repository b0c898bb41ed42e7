"""What reporters add to their complaints, what they are asked, and clocks that wait for their answers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0024"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_JSON = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    op.add_column(
        "dispatch_case", sa.Column("waiting_since", _TIME, nullable=True, comment="for the reporter's answer")
    )
    op.add_column(
        "dispatch_case",
        sa.Column("waits", sa.SmallInteger(), server_default="0", nullable=False, comment="for the reporter's answer"),
    )
    op.create_table(
        "case_supplement",
        *_said(),
        sa.Column("by", sa.Text(), nullable=False, comment="reporter or operator"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("location", _JSON, nullable=True, comment="lon and lat in WGS84 degrees, address"),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("case_supplement_of_case", "case_supplement", ["complaint_id"], unique=False)
    op.create_table(
        "case_question",
        *_said(),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("lapses_at", _TIME, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True, comment="answered or lapsed"),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=True, comment="who answered"),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.Column("waited_from", _TIME, nullable=True, comment="the clock stood; null: it did not"),
        sa.Column("waited_until", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("case_question_of_case", "case_question", ["complaint_id"], unique=False)


def downgrade() -> None:
    op.drop_table("case_question")
    op.drop_table("case_supplement")
    op.drop_column("dispatch_case", "waits")
    op.drop_column("dispatch_case", "waiting_since")


def _said() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("attachments", _JSON, server_default="[]", nullable=False),
    ]

"""What is public: each tenant's choice, and the months as they were published."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def upgrade() -> None:
    op.create_table(
        "public_setting",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        _moment("changed_at"),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant"),
        if_not_exists=True,
    )
    op.create_table(
        "public_month",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False, comment="its first day"),
        _moment("published_at"),
        sa.Column("settings_version", sa.Integer(), nullable=False),
        sa.Column("figures", postgresql.JSONB(), nullable=False, comment="what is told, and nothing besides"),
        sa.PrimaryKeyConstraint("tenant", "month"),
        if_not_exists=True,
    )
    op.create_table(
        "public_complaint",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("ref", sa.Uuid(), nullable=False, comment="random: says nothing of the order"),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False, comment="never told"),
        sa.Column("category", sa.Text(), nullable=True, comment="null where too few have it"),
        sa.Column("community", sa.Text(), nullable=True, comment="null where too few have it"),
        sa.PrimaryKeyConstraint("tenant", "ref"),
        if_not_exists=True,
    )
    op.create_index("public_complaint_by_month", "public_complaint", ["tenant", "month", "ref"], if_not_exists=True)
    op.create_table(
        "public_cell",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("cell", sa.BigInteger(), nullable=False, comment="of H3"),
        sa.Column("complaints", sa.Integer(), nullable=False, comment="rounded down to a multiple of k"),
        sa.PrimaryKeyConstraint("tenant", "month", "cell"),
        if_not_exists=True,
    )
    create_index_online("ledger_complaint_by_reception", "ledger_complaint", ["received_at"], postgresql_using="brin")


def downgrade() -> None:
    drop_index_online("ledger_complaint_by_reception", "ledger_complaint")
    for table in ("public_cell", "public_complaint", "public_month", "public_setting"):
        op.drop_table(table)

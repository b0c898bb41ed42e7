"""Routing rules, what became of them, the officer who was chosen, supporting teams."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_BUSY = "status IN ('assigned', 'accepted', 'in_progress')"


def _time(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _columns() -> list[sa.Column]:
    return [
        sa.Column(
            "assignee",
            sa.Text(),
            nullable=True,
            comment="subject of the officer chosen for it, then of the one who accepted it",
        ),
        sa.Column(
            "expected_from", sa.DateTime(timezone=True), nullable=True, comment="when the team's next shift begins"
        ),
        sa.Column("attributes", postgresql.JSONB(), nullable=True, comment="as received; null: none"),
        sa.Column(
            "category_confidence",
            sa.Double(),
            nullable=True,
            comment="of the model, where it has named the category",
        ),
    ]


def upgrade() -> None:
    for column in _columns():
        op.add_column("dispatch_case", column, if_not_exists=True)
    op.create_table(
        "case_support",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False, comment="subject of whoever named it, or rule:CODE"),
        _time("at"),
        sa.PrimaryKeyConstraint("tenant", "complaint_id", "team"),
        comment="teams that help the one that leads",
        if_not_exists=True,
    )
    op.create_index("case_support_by_team", "case_support", ["tenant", "team", "complaint_id"], if_not_exists=True)
    _create_rules()
    create_index_online(
        "dispatch_case_by_assignee", "dispatch_case", ["tenant", "assignee"], postgresql_where=sa.text(_BUSY)
    )


def _create_rules() -> None:
    op.create_table(
        "routing_document",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="draft (of the rules) or policy"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        _time("changed_at"),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "name"),
        if_not_exists=True,
    )
    op.create_table(
        "rule_set",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False, comment="the highest is in force"),
        sa.Column("rules", postgresql.JSONB(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        _time("published_at"),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "version"),
        if_not_exists=True,
    )
    op.create_table(
        "rule_state",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("matches", sa.BigInteger(), server_default="0", nullable=False),
        _time("last_match_at", nullable=True),
        _time("off_since", nullable=True),
        sa.Column("off_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "version", "code"),
        if_not_exists=True,
    )
    op.create_table(
        "rule_match",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("matches", sa.Integer(), nullable=False),
        _time("at"),
        sa.PrimaryKeyConstraint("id"),
        comment="one row for each slice, so that no two consumers wait for one another; added up into rule_state",
        if_not_exists=True,
    )
    op.create_index("rule_match_by_set", "rule_match", ["tenant", "version"], if_not_exists=True)


def downgrade() -> None:
    drop_index_online("dispatch_case_by_assignee", "dispatch_case")
    for table in ("rule_match", "rule_state", "rule_set", "routing_document", "case_support"):
        op.drop_table(table)
    for column in reversed(_columns()):
        op.drop_column("dispatch_case", column.name)

"""The tables and columns of routing: rules, what became of them, who was chosen, supporting teams."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

BUSY = "status IN ('assigned', 'accepted', 'in_progress')"
"""Cases that count as the load of an officer."""


def routing_columns() -> list[sa.Column[object]]:
    """Return what a case has of its routing besides team and grid."""
    return [
        sa.Column("assignee", sa.Text, comment="subject of the officer chosen for it, then of the one who accepted it"),
        sa.Column("expected_from", sa.DateTime(timezone=True), comment="when the team's next shift begins"),
        sa.Column("attributes", JSONB, comment="as received; null: none"),
        sa.Column("category_confidence", sa.Double, comment="of the model, where it has named the category"),
    ]


def add_routing_indexes(case: sa.Table) -> None:
    """Add the index that the load of an officer is counted by."""
    sa.Index("dispatch_case_by_assignee", case.c.tenant, case.c.assignee, postgresql_where=sa.text(BUSY))


def add_rule_tables(metadata: sa.MetaData) -> None:
    """Add rules, their states and supporting teams to the metadata."""
    sa.Table(
        "routing_document",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True, comment="draft (of the rules) or policy"),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("content", JSONB, nullable=False),
        _time("changed_at"),
        sa.Column("changed_by", sa.Text, nullable=False),
    )
    sa.Table(
        "rule_set",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, primary_key=True, comment="the highest is in force"),
        sa.Column("rules", JSONB, nullable=False),
        sa.Column("note", sa.Text),
        _time("published_at"),
        sa.Column("published_by", sa.Text, nullable=False),
    )
    sa.Table(
        "rule_state",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, primary_key=True),
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("matches", sa.BigInteger, nullable=False, server_default="0"),
        _time("last_match_at", nullable=True),
        _time("off_since", nullable=True),
        sa.Column("off_reason", sa.Text),
    )
    match = sa.Table(
        "rule_match",
        metadata,
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("matches", sa.Integer, nullable=False),
        _time("at"),
        comment="one row for each slice, so that no two consumers wait for one another; added up into rule_state",
    )
    sa.Index("rule_match_by_set", match.c.tenant, match.c.version)
    support = sa.Table(
        "case_support",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("complaint_id", sa.Uuid, primary_key=True),
        sa.Column("team", sa.Text, primary_key=True),
        sa.Column("by", sa.Text, nullable=False, comment="subject of whoever named it, or rule:CODE"),
        _time("at"),
        _time("done_at", nullable=True),
        sa.Column("done_by", sa.Text, comment="who has reported their part as done in this round"),
        comment="teams that help the one that leads",
    )
    sa.Index("case_support_by_team", support.c.tenant, support.c.team, support.c.complaint_id)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)

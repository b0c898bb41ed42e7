"""Tables of classified ledgers: their definitions, and the exports that are made in the background."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

_MOMENT = sa.DateTime(timezone=True)


def add_book_tables(metadata: sa.MetaData) -> None:
    """Add them, and the indexes that ledgers need, to the ledger's tables."""
    sa.Table(
        "named_ledger",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False, comment="from 1"),
        sa.Column("content", JSONB(none_as_null=True), comment="null where it was taken away"),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
    )
    export = sa.Table(
        "export",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("request", JSONB, nullable=False, comment="what was asked for, with the definition as it was"),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("lines_done", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("lines_about", sa.BigInteger, comment="how many the planner expected"),
        sa.Column("bytes", sa.BigInteger),
        sa.Column("failure", sa.Text, comment="a code"),
        sa.Column("finished_at", _MOMENT),
        sa.Column("expires_at", _MOMENT, comment="when the file goes, and what is left of the row later"),
        sa.Column("fetches", sa.Integer, nullable=False, server_default="0"),
    )
    sa.Index("export_by_asker", export.c.tenant, export.c.asked_by, export.c.id)
    sa.Index(
        "export_open",
        export.c.tenant,
        export.c.id,
        postgresql_where=export.c.state.in_(("waiting", "working")),
    )


def add_line_indexes(complaint: sa.Table) -> None:
    """Add the indexes by which the lines of a period are found in their order."""
    columns = complaint.c
    sa.Index("ledger_complaint_by_reception", columns.tenant, columns.received_at, columns.complaint_id)
    for name in ("resolved_at", "closed_at"):
        sa.Index(
            f"ledger_complaint_by_{name}",
            columns.tenant,
            columns[name],
            columns.complaint_id,
            postgresql_where=columns[name].is_not(None),
        )

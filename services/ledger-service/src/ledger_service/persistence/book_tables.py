"""Tables of classified ledgers: their definitions, and the exports that are made in the background."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from operations.exporting.jobs import export_table

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
    export_table(metadata)


def add_line_indexes(complaint: sa.Table) -> None:
    """Add the indexes by which lines are found in the order of a time; that of reception is the order of the ids."""
    columns = complaint.c
    for name in ("resolved_at", "closed_at"):
        sa.Index(
            f"ledger_complaint_by_{name}",
            columns.tenant,
            columns[name],
            columns.complaint_id,
            postgresql_where=columns[name].is_not(None),
        )

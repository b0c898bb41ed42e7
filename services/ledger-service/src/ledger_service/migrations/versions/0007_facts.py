"""The facts of complaints that ledgers and figures are made of.

Those of complaints that are there already are made of their entries, by a worker; `facts_version` tells which.
"""

import sqlalchemy as sa
from alembic import op

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _moment(name: str, comment: str | None = None) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True, comment=comment)


def _flag(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Boolean(), server_default=sa.text("false"), nullable=False)


def _count(name: str, comment: str | None = None) -> sa.Column[object]:
    return sa.Column(name, sa.Integer(), server_default="0", nullable=False, comment=comment)


COLUMNS = [
    sa.Column("officer", sa.Text(), nullable=True, comment="opaque subject of whoever works on it, or did last"),
    sa.Column("department", sa.Text(), nullable=True, comment="another one that has taken it on"),
    sa.Column("handling_mode", sa.Text(), nullable=True),
    _flag("self_handled"),
    _flag("is_forced"),
    _moment("first_assigned_at"),
    _moment("promised_at"),
    _moment("suspended_at", "since when its clock stands still"),
    _moment("accepted_at"),
    _moment("started_at", "when an officer was on site for the first time"),
    _moment("resolved_at"),
    _moment("verified_at"),
    _moment("first_closed_at"),
    _count("returns"),
    _count("extensions"),
    _count("reworks"),
    _count("reopenings"),
    sa.Column("follow_up", sa.Text(), nullable=True, comment="outcome of the last call of a task"),
    _moment("asked_at", "of the reporter's word, or of the end of the calls"),
    sa.Column("rating", sa.Uuid(), nullable=True, comment="event that brought the reporter's word"),
    sa.Column("appeal", sa.Uuid(), nullable=True, comment="event that appealed against it"),
    _flag("is_struck"),
    sa.Column("exclusions", sa.SmallInteger(), server_default="0", nullable=False, comment="1, 2, 4: Exclusion"),
    _count("facts_version", "how many entries these are made of: version, once a release that knows them has seen all"),
]


def upgrade() -> None:
    for column in COLUMNS:
        op.add_column("ledger_complaint", column, if_not_exists=True)
    create_index_online(
        "ledger_complaint_without_facts",
        "ledger_complaint",
        ["tenant", "complaint_id"],
        postgresql_where=sa.text("facts_version != version"),
    )


def downgrade() -> None:
    drop_index_online("ledger_complaint_without_facts", "ledger_complaint")
    for column in reversed(COLUMNS):
        op.drop_column("ledger_complaint", column.name)

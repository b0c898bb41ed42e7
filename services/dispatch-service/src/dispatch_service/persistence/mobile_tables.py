"""Tables of work in the field: notes, what was done offline, which cases a team had; and the indexes of lists."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

LIVE = (
    "status IN ('received', 'assigned', 'accepted', 'in_progress', 'suspended', 'transferred', 'resolved', 'verified')"
)
"""Something has still to happen to the case."""
ENDED = "status IN ('closed', 'withdrawn', 'voided', 'rejected', 'merged')"
"""Nearly all cases, after some years."""
OUTCOMES = ("done", "conflict", "refused")
_MOMENT = sa.DateTime(timezone=True)


def add_case_indexes(case: sa.Table) -> None:
    """Add the indexes that lists of cases need where there are a million of them.

    A case enters most of them when it ends, so that they cost nothing when it is routed.
    """
    columns = case.c
    live, ended = sa.text(LIVE), sa.text(ENDED)
    sa.Index(
        "dispatch_case_live",
        columns.tenant,
        columns.promised_at,
        columns.complaint_id,
        columns.team,
        postgresql_where=live,
    )
    sa.Index("dispatch_case_by_number", columns.tenant, columns.number)
    sa.Index("dispatch_case_live_newest", columns.tenant, columns.complaint_id, postgresql_where=live)
    sa.Index(
        "dispatch_case_live_by_place",
        *(columns.tenant, columns.lon, columns.lat, columns.complaint_id),
        postgresql_where=live,
        postgresql_include=["status", "team"],
    )
    for name in ("category", "community", "grid"):
        sa.Index(
            f"dispatch_case_ended_by_{name}",
            columns.tenant,
            columns[name],
            columns.complaint_id,
            postgresql_where=ended,
        )
    sa.Index("dispatch_case_ended_by_place", columns.tenant, columns.lon, columns.lat, postgresql_where=ended)


def add_mobile_tables(metadata: sa.MetaData) -> None:
    """Add notes, offline actions and departures to the metadata."""
    note = sa.Table(
        "case_note",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("complaint_id", sa.Uuid, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("written_by", sa.Text, nullable=False),
        sa.Column("written_at", _MOMENT, nullable=False),
    )
    sa.Index("case_note_of_case", note.c.complaint_id, note.c.id)
    action = sa.Table(
        "offline_action",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True, comment="of the officer's token"),
        sa.Column("id", sa.Uuid, primary_key=True, comment="made by the officer's device"),
        sa.Column("complaint_id", sa.Uuid, comment="null: about no case"),
        sa.Column("digest", sa.LargeBinary, nullable=False, comment="of what was asked for"),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("from_version", sa.Integer, comment="of the case; null where it was not done"),
        sa.Column("to_version", sa.Integer),
        sa.Column("answer", JSONB, nullable=False, comment="what a repeat gets"),
        sa.Column("applied_at", _MOMENT, nullable=False),
        sa.CheckConstraint(sa.column("outcome").in_(OUTCOMES), name="offline_action_outcome"),
        comment="actions that devices have sent, each applied once; rows go after some months",
    )
    sa.Index("offline_action_of_case", action.c.complaint_id, action.c.subject)
    sa.Index("offline_action_by_time", action.c.applied_at, postgresql_using="brin")
    departure = sa.Table(
        "team_departure",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("team", sa.Text, primary_key=True),
        sa.Column("complaint_id", sa.Uuid, primary_key=True),
        sa.Column("at", _MOMENT, nullable=False, comment="when the team had the case for the last time"),
        comment="which cases left a team; a trigger keeps it, rows go after some weeks",
    )
    sa.Index("team_departure_by_time", departure.c.tenant, departure.c.team, departure.c.at)
    sa.Index("team_departure_old", departure.c.at, postgresql_using="brin")

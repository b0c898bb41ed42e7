"""Work in the field: notes, actions done offline, cases that left a team; indexes for lists of a million cases."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_LIVE = (
    "status IN ('received', 'assigned', 'accepted', 'in_progress', 'suspended', 'transferred', 'resolved', 'verified')"
)
_ENDED = "status IN ('closed', 'withdrawn')"
_ENDED_INDEXES = {
    "ended_by_category": ["tenant", "category", "complaint_id"],
    "ended_by_community": ["tenant", "community", "complaint_id"],
    "ended_by_grid": ["tenant", "grid", "complaint_id"],
    "ended_by_number": ["tenant", "number"],
    "ended_by_place": ["tenant", "lon", "lat"],
}
_REPLACED = {
    "by_deadline": ["tenant", "promised_at", "complaint_id"],
    "by_status": ["tenant", "status", "complaint_id"],
}
_LIVE_INDEXES = {
    "live": ["tenant", "promised_at", "complaint_id", "team"],
    "live_newest": ["tenant", "complaint_id"],
}
_NOTE_DEPARTURE = """
CREATE OR REPLACE FUNCTION note_departure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO team_departure (tenant, team, complaint_id, at) VALUES (OLD.tenant, OLD.team, OLD.complaint_id, now())
    ON CONFLICT (tenant, team, complaint_id) DO UPDATE SET at = EXCLUDED.at;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    _create_tables()
    op.execute(_NOTE_DEPARTURE)
    op.execute(
        "CREATE OR REPLACE TRIGGER dispatch_case_leaves_team AFTER UPDATE OF team ON dispatch_case"
        " FOR EACH ROW WHEN (OLD.team IS DISTINCT FROM NEW.team) EXECUTE FUNCTION note_departure()"
    )
    for indexes, those in ((_ENDED_INDEXES, _ENDED), (_LIVE_INDEXES, _LIVE)):
        for name, columns in indexes.items():
            create_index_online(f"dispatch_case_{name}", "dispatch_case", columns, postgresql_where=sa.text(those))
    for name in _REPLACED:
        drop_index_online(f"dispatch_case_{name}", "dispatch_case")


def _create_tables() -> None:
    op.create_table(
        "case_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("written_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index("case_note_of_case", "case_note", ["complaint_id", "id"], if_not_exists=True)
    op.create_table(
        "offline_action",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False, comment="of the officer's token"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="made by the officer's device"),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="of what was asked for"),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("from_version", sa.Integer(), nullable=True, comment="of the case; null where it was not done"),
        sa.Column("to_version", sa.Integer(), nullable=True),
        sa.Column("answer", postgresql.JSONB(), nullable=False, comment="what a repeat gets"),
        sa.Column("applied_at", _MOMENT, nullable=False),
        sa.CheckConstraint("outcome IN ('done', 'conflict', 'refused')", name="offline_action_outcome"),
        sa.PrimaryKeyConstraint("tenant", "subject", "id"),
        comment="actions that devices have sent, each applied once; rows go after some months",
        if_not_exists=True,
    )
    op.create_index("offline_action_of_case", "offline_action", ["complaint_id", "subject"], if_not_exists=True)
    op.create_index(
        "offline_action_by_time", "offline_action", ["applied_at"], postgresql_using="brin", if_not_exists=True
    )
    op.create_table(
        "team_departure",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False, comment="when the team had the case for the last time"),
        sa.PrimaryKeyConstraint("tenant", "team", "complaint_id"),
        comment="which cases left a team; a trigger keeps it, rows go after some weeks",
        if_not_exists=True,
    )
    op.create_index("team_departure_by_time", "team_departure", ["tenant", "team", "at"], if_not_exists=True)
    op.create_index("team_departure_old", "team_departure", ["at"], postgresql_using="brin", if_not_exists=True)


def downgrade() -> None:
    for name, columns in _REPLACED.items():
        create_index_online(f"dispatch_case_{name}", "dispatch_case", columns)
    for name in (*_LIVE_INDEXES, *_ENDED_INDEXES):
        drop_index_online(f"dispatch_case_{name}", "dispatch_case")
    op.execute("DROP TRIGGER dispatch_case_leaves_team ON dispatch_case")
    op.execute("DROP FUNCTION note_departure")
    for table in ("team_departure", "offline_action", "case_note"):
        op.drop_table(table)

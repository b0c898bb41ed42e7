"""Triage: rules, the queue of what they suspect, and from which device a complaint was reported."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from runtime.online_indexes import create_index_online, drop_index_online

revision = "0031"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "triage_rule_version",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "version"),
        if_not_exists=True,
    )
    op.create_table(
        "triage_item",
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column(
            "reasons",
            postgresql.JSONB(),
            nullable=False,
            comment="[{rule, reason, action, zh, en}]; rule null: by hand",
        ),
        sa.Column("rules_version", sa.Integer(), comment="of the tenant's rules; null: put there by hand"),
        sa.Column("goes_on_at", sa.DateTime(timezone=True), comment="until when it is held; null: it is not held"),
        sa.Column("flagged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_by", sa.Text()),
        sa.Column("claimed_at", sa.DateTime(timezone=True)),
        sa.Column("outcome", sa.Text(), comment="once it waits no longer"),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column(
            "steps",
            postgresql.JSONB(),
            server_default="[]",
            nullable=False,
            comment="[{step, by, at, note}], oldest first",
        ),
        sa.CheckConstraint("state IN ('waiting', 'released', 'ended')", name="triage_item_state"),
        sa.PrimaryKeyConstraint("complaint_id"),
        comment="what somebody should look at; work goes on meanwhile unless it is held",
        if_not_exists=True,
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "triage_item_waiting", "triage_item", ["tenant", "complaint_id"], postgresql_where=waiting, if_not_exists=True
    )
    held = sa.text("state = 'waiting' AND goes_on_at IS NOT NULL")
    op.create_index("triage_item_held", "triage_item", ["goes_on_at"], postgresql_where=held, if_not_exists=True)
    op.create_index("triage_item_of_tenant", "triage_item", ["tenant", "state", "complaint_id"], if_not_exists=True)
    op.add_column(
        "complaint",
        sa.Column("device", sa.LargeBinary(), comment="digest of the id of the device it was reported from"),
        if_not_exists=True,
    )
    create_index_online(
        "complaint_of_device",
        "complaint",
        ["tenant", "device", "id"],
        postgresql_where=sa.text("device IS NOT NULL"),
    )
    # the ids beside the phone, so that the newest of one are read without the others
    create_index_online(
        "reporter_of_phone",
        "reporter",
        ["tenant", "phone", "complaint_id"],
        postgresql_where=sa.text("phone IS NOT NULL"),
    )
    drop_index_online("reporter_by_phone", "reporter")


def downgrade() -> None:
    create_index_online(
        "reporter_by_phone", "reporter", ["tenant", "phone"], postgresql_where=sa.text("phone IS NOT NULL")
    )
    drop_index_online("reporter_of_phone", "reporter")
    drop_index_online("complaint_of_device", "complaint")
    op.drop_column("complaint", "device")
    op.drop_table("triage_item")
    op.drop_table("triage_rule_version")

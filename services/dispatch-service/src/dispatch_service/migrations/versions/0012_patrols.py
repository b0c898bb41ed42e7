"""Patrol plans, patrols, visits, and patrols that hot spots suggest."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_KIND = "kind IN ('daily_patrol', 'regular_inspection', 'home_visit')"


def upgrade() -> None:
    _create_plans()
    _create_patrols()
    _create_visits()
    _create_suggestions()


def _create_plans() -> None:
    op.create_table(
        "patrol_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("grid", sa.Text(), nullable=True),
        sa.Column("community", sa.Text(), nullable=True, comment="of the grid or the team"),
        sa.Column("officers", ARRAY(sa.Text()), nullable=False, comment="subjects; empty: anybody of the team"),
        sa.Column("shift", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True, comment="null: without end"),
        sa.Column("recurrence", JSONB(), nullable=False, comment="weekdays, every_days, dates, working_days_only"),
        sa.Column("points", JSONB(), nullable=False, comment="places to visit, in order"),
        sa.Column("made_until", sa.Date(), nullable=False, comment="up to this day its patrols are made"),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True, comment="it makes no patrols any more"),
        sa.Column(
            "generated", sa.Boolean(), nullable=False, server_default=sa.false(), comment="made up for a demonstration"
        ),
        sa.CheckConstraint(_KIND, name="patrol_plan_kind"),
        sa.ForeignKeyConstraint(["tenant", "team"], ["team.tenant", "team.code"], name="patrol_plan_team"),
        sa.ForeignKeyConstraint(["tenant", "shift"], ["shift.tenant", "shift.code"], name="patrol_plan_shift"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("patrol_plan_of_tenant", "patrol_plan", ["tenant", "id"])
    op.create_index("patrol_plan_to_make", "patrol_plan", ["made_until"], postgresql_where=sa.text("ended_at IS NULL"))


def _create_patrols() -> None:
    op.create_table(
        "patrol",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False, comment="made here, or by a client that was offline"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("plan", sa.Uuid(), nullable=True, comment="null: ad hoc"),
        sa.Column("plan_version", sa.Integer(), nullable=True),
        sa.Column("suggestion", sa.Uuid(), nullable=True, comment="the hot spot that suggested it"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("grid", sa.Text(), nullable=True),
        sa.Column("community", sa.Text(), nullable=True),
        sa.Column("officers", ARRAY(sa.Text()), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="of its begin, on the county's calendar"),
        sa.Column("begins_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", _MOMENT, nullable=True, comment="then it is missed; null once it has ended"),
        sa.Column("points", JSONB(), nullable=False, comment="as the plan had them when it was made"),
        sa.Column("started_at", _MOMENT, nullable=True),
        sa.Column("started_by", sa.Text(), nullable=True),
        sa.Column("start_metres", sa.Integer(), nullable=True, comment="from the first point"),
        sa.Column("ended_at", _MOMENT, nullable=True, comment="completed, missed or cancelled"),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column(
            "reason", sa.Text(), nullable=True, comment="why it was cancelled, or completed with points left out"
        ),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("activity", sa.Uuid(), nullable=True, comment="what it was published as"),
        sa.Column("sequence", sa.Integer(), nullable=False, comment="events published about the activity, gap-free"),
        sa.Column("digest", sa.LargeBinary(), nullable=True, comment="of what a client made with an id of its own"),
        sa.Column("points_required", sa.Integer(), nullable=False),
        sa.Column("points_visited", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("visits", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("far_visits", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("findings", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("generated", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.CheckConstraint(_KIND, name="patrol_kind"),
        sa.CheckConstraint("state IN ('planned', 'started', 'done', 'missed', 'cancelled')", name="patrol_state"),
        sa.ForeignKeyConstraint(["plan"], ["patrol_plan.id"], name="patrol_of_plan"),
        sa.PrimaryKeyConstraint("tenant", "id"),
    )
    op.create_index(
        "patrol_of_day", "patrol", ["plan", "day"], unique=True, postgresql_where=sa.text("plan IS NOT NULL")
    )
    op.create_index("patrol_by_begin", "patrol", ["tenant", "begins_at", "id"])
    op.create_index("patrol_by_day", "patrol", ["tenant", "day", "team"])
    op.create_index("patrol_due", "patrol", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))


def _create_visits() -> None:
    op.create_table(
        "patrol_visit",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False, comment="made by the client, or here"),
        sa.Column("patrol", sa.Uuid(), nullable=False),
        sa.Column("point", sa.Text(), nullable=True, comment="key of a point; null: on the way"),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("kept_at", _MOMENT, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("metres", sa.Integer(), nullable=True, comment="from the point"),
        sa.Column("far", sa.Boolean(), nullable=False, comment="outside of the point's radius"),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("photos", ARRAY(sa.Uuid()), nullable=False, comment="attachments of intake"),
        sa.Column("findings", ARRAY(sa.Text()), nullable=False, comment="numbers of complaints reported on the way"),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["tenant", "patrol"], ["patrol.tenant", "patrol.id"], name="patrol_visit_patrol"),
        sa.PrimaryKeyConstraint("tenant", "id"),
    )
    op.create_index("patrol_visit_of_patrol", "patrol_visit", ["tenant", "patrol", "at"])


def _create_suggestions() -> None:
    op.create_table(
        "patrol_suggestion",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False, comment="of the hot spot"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("grid", sa.Text(), nullable=True),
        sa.Column("community", sa.Text(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("hotspot", JSONB(), nullable=False, comment="as the ledger published it last"),
        sa.Column("sequence", sa.Integer(), nullable=False, comment="of that event"),
        sa.Column("suggested_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True, comment="of the hot spot; null: it lives"),
        sa.Column("decided_at", _MOMENT, nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("patrol", sa.Uuid(), nullable=True),
        sa.Column("plan", sa.Uuid(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'accepted', 'dismissed', 'ended')", name="patrol_suggestion_state"),
        sa.PrimaryKeyConstraint("tenant", "id"),
    )
    op.create_index("patrol_suggestion_by_state", "patrol_suggestion", ["tenant", "state", "id"])


def downgrade() -> None:
    for table in ("patrol_suggestion", "patrol_visit", "patrol", "patrol_plan"):
        op.drop_table(table)

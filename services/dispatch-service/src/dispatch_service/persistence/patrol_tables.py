"""Tables of patrol plans, patrols, visits, and patrols that hot spots suggest."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from dispatch_service.persistence.roster_tables import metadata

__all__ = ["metadata", "patrol", "patrol_plan", "patrol_suggestion", "patrol_visit"]

_MOMENT = sa.DateTime(timezone=True)
_KIND = "kind IN ('daily_patrol', 'regular_inspection', 'home_visit')"

patrol_plan = sa.Table(
    "patrol_plan",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("team", sa.Text, nullable=False),
    sa.Column("grid", sa.Text),
    sa.Column("community", sa.Text, comment="of the grid or the team"),
    sa.Column("officers", ARRAY(sa.Text), nullable=False, comment="subjects; empty: anybody of the team"),
    sa.Column("shift", sa.Text, nullable=False),
    sa.Column("first_day", sa.Date, nullable=False),
    sa.Column("last_day", sa.Date, comment="null: without end"),
    sa.Column("recurrence", JSONB, nullable=False, comment="weekdays, every_days, dates, working_days_only"),
    sa.Column("points", JSONB, nullable=False, comment="places to visit, in order"),
    sa.Column("made_until", sa.Date, nullable=False, comment="up to this day its patrols are made"),
    sa.Column("changed_at", _MOMENT, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.Column("ended_at", _MOMENT, comment="it makes no patrols any more"),
    sa.Column(
        "generated", sa.Boolean, nullable=False, server_default=sa.false(), comment="made up for a demonstration"
    ),
    sa.CheckConstraint(_KIND, name="patrol_plan_kind"),
    sa.ForeignKeyConstraint(["tenant", "team"], ["team.tenant", "team.code"], name="patrol_plan_team"),
    sa.ForeignKeyConstraint(["tenant", "shift"], ["shift.tenant", "shift.code"], name="patrol_plan_shift"),
)
sa.Index("patrol_plan_of_tenant", patrol_plan.c.tenant, patrol_plan.c.id)
sa.Index("patrol_plan_to_make", patrol_plan.c.made_until, postgresql_where=patrol_plan.c.ended_at.is_(None))

patrol = sa.Table(
    "patrol",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True, comment="made here, or by a client that was offline"),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("plan", sa.Uuid, comment="null: ad hoc"),
    sa.Column("plan_version", sa.Integer),
    sa.Column("suggestion", sa.Uuid, comment="the hot spot that suggested it"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("team", sa.Text, nullable=False),
    sa.Column("grid", sa.Text),
    sa.Column("community", sa.Text),
    sa.Column("officers", ARRAY(sa.Text), nullable=False),
    sa.Column("day", sa.Date, nullable=False, comment="of its begin, on the county's calendar"),
    sa.Column("begins_at", _MOMENT, nullable=False),
    sa.Column("ends_at", _MOMENT, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("due_at", _MOMENT, comment="then it is missed; null once it has ended"),
    sa.Column("points", JSONB, nullable=False, comment="as the plan had them when it was made"),
    sa.Column("started_at", _MOMENT),
    sa.Column("started_by", sa.Text),
    sa.Column("start_metres", sa.Integer, comment="from the first point"),
    sa.Column("ended_at", _MOMENT, comment="completed, missed or cancelled"),
    sa.Column("ended_by", sa.Text),
    sa.Column("reason", sa.Text, comment="why it was cancelled, or completed with points left out"),
    sa.Column("note", sa.Text),
    sa.Column("activity", sa.Uuid, comment="what it was published as"),
    sa.Column("sequence", sa.Integer, nullable=False, comment="events published about the activity, gap-free"),
    sa.Column("digest", sa.LargeBinary, comment="of what a client made with an id of its own"),
    sa.Column("points_required", sa.Integer, nullable=False),
    sa.Column("points_visited", sa.Integer, nullable=False, server_default="0"),
    sa.Column("visits", sa.Integer, nullable=False, server_default="0"),
    sa.Column("far_visits", sa.Integer, nullable=False, server_default="0"),
    sa.Column("findings", sa.Integer, nullable=False, server_default="0"),
    sa.Column("generated", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.CheckConstraint(_KIND, name="patrol_kind"),
    sa.CheckConstraint("state IN ('planned', 'started', 'done', 'missed', 'cancelled')", name="patrol_state"),
    sa.ForeignKeyConstraint(["plan"], ["patrol_plan.id"], name="patrol_of_plan"),
)
# One patrol of a plan a day, however many replicas make them.
sa.Index("patrol_of_day", patrol.c.plan, patrol.c.day, unique=True, postgresql_where=patrol.c.plan.is_not(None))
sa.Index("patrol_by_begin", patrol.c.tenant, patrol.c.begins_at, patrol.c.id)
sa.Index("patrol_by_day", patrol.c.tenant, patrol.c.day, patrol.c.team)
sa.Index("patrol_due", patrol.c.due_at, postgresql_where=patrol.c.due_at.is_not(None))

patrol_visit = sa.Table(
    "patrol_visit",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True, comment="made by the client, or here"),
    sa.Column("patrol", sa.Uuid, nullable=False),
    sa.Column("point", sa.Text, comment="key of a point; null: on the way"),
    sa.Column("at", _MOMENT, nullable=False),
    sa.Column("kept_at", _MOMENT, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("lon", sa.Double),
    sa.Column("lat", sa.Double),
    sa.Column("metres", sa.Integer, comment="from the point"),
    sa.Column("far", sa.Boolean, nullable=False, comment="outside of the point's radius"),
    sa.Column("note", sa.Text),
    sa.Column("photos", ARRAY(sa.Uuid), nullable=False, comment="attachments of intake"),
    sa.Column("findings", ARRAY(sa.Text), nullable=False, comment="numbers of complaints reported on the way"),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.ForeignKeyConstraint(["tenant", "patrol"], ["patrol.tenant", "patrol.id"], name="patrol_visit_patrol"),
)
sa.Index("patrol_visit_of_patrol", patrol_visit.c.tenant, patrol_visit.c.patrol, patrol_visit.c.at)

patrol_suggestion = sa.Table(
    "patrol_suggestion",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True, comment="of the hot spot"),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("team", sa.Text, nullable=False),
    sa.Column("grid", sa.Text),
    sa.Column("community", sa.Text),
    sa.Column("lon", sa.Double, nullable=False),
    sa.Column("lat", sa.Double, nullable=False),
    sa.Column("hotspot", JSONB, nullable=False, comment="as the ledger published it last"),
    sa.Column("sequence", sa.Integer, nullable=False, comment="of that event"),
    sa.Column("suggested_at", _MOMENT, nullable=False),
    sa.Column("updated_at", _MOMENT, nullable=False),
    sa.Column("ended_at", _MOMENT, comment="of the hot spot; null: it lives"),
    sa.Column("decided_at", _MOMENT),
    sa.Column("decided_by", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("patrol", sa.Uuid),
    sa.Column("plan", sa.Uuid),
    sa.CheckConstraint("state IN ('open', 'accepted', 'dismissed', 'ended')", name="patrol_suggestion_state"),
)
sa.Index("patrol_suggestion_by_state", patrol_suggestion.c.tenant, patrol_suggestion.c.state, patrol_suggestion.c.id)

"""Tables of rosters, attendance and positions."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from dispatch_service.persistence.tables import metadata

__all__ = ["duty", "duty_request", "metadata", "position", "roster", "roster_template", "shift", "team_duty"]

_MOMENT = sa.DateTime(timezone=True)

shift = sa.Table(
    "shift",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("begins", sa.Time, nullable=False, comment="on the county's clock"),
    sa.Column("ends", sa.Time, nullable=False, comment="not later than begins: on the next day"),
    sa.Column(
        "generated", sa.Boolean, nullable=False, server_default=sa.false(), comment="made up for a demonstration"
    ),
)

roster = sa.Table(
    "roster",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("team", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False, comment="counts the changes of the team's duties by planners"),
    sa.ForeignKeyConstraint(["tenant", "team"], ["team.tenant", "team.code"], ondelete="CASCADE", name="roster_team"),
)

roster_template = sa.Table(
    "roster_template",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("team", sa.Text, nullable=False),
    sa.Column("weeks", JSONB, nullable=False, comment="worked in turn: places, each with its weekday"),
    sa.Column("turns_from", sa.Date, nullable=False, comment="a day of a week in which the first is worked"),
    sa.Column("holiday", sa.Text, nullable=False),
    sa.Column("make_up_workday", sa.Text, nullable=False),
    sa.Column("changed_at", _MOMENT, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.CheckConstraint("holiday IN ('skip', 'as_sunday', 'as_usual')", name="roster_template_holiday"),
    sa.CheckConstraint(
        "make_up_workday IN ('as_replaced', 'as_monday', 'as_usual')", name="roster_template_make_up_workday"
    ),
    sa.ForeignKeyConstraint(
        ["tenant", "team"], ["team.tenant", "team.code"], ondelete="CASCADE", name="roster_template_team"
    ),
    sa.UniqueConstraint("tenant", "team", "name", name="roster_template_name"),
)

duty = sa.Table(
    "duty",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("shift", sa.Text, nullable=False),
    sa.Column("team", sa.Text, nullable=False),
    sa.Column("post", sa.Text),
    sa.Column("subject", sa.Text, nullable=False, comment="of the officer's token"),
    sa.Column("begins_at", _MOMENT, nullable=False),
    sa.Column("ends_at", _MOMENT, nullable=False),
    sa.Column("state", sa.Text, nullable=False, comment="planned or leave"),
    sa.Column("clocked_in_at", _MOMENT),
    sa.Column("clocked_in_metres", sa.Integer, comment="from the post or the grid"),
    sa.Column("clocked_out_at", _MOMENT),
    sa.Column("clocked_out_metres", sa.Integer),
    sa.CheckConstraint("state IN ('planned', 'leave')", name="duty_state"),
)
# A tenant's duties in the order of their begin: what a roster shows, and who is on duty at a moment.
sa.Index("duty_by_begin", duty.c.tenant, duty.c.begins_at, duty.c.id)
sa.Index("duty_by_officer", duty.c.tenant, duty.c.subject, duty.c.begins_at)
sa.Index("duty_by_team", duty.c.tenant, duty.c.team, duty.c.day)

duty_request = sa.Table(
    "duty_request",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("duty", sa.Uuid, nullable=False),
    sa.Column("kind", sa.Text, nullable=False, comment="leave, handover or swap"),
    sa.Column("to_subject", sa.Text, comment="who takes over"),
    sa.Column("other_duty", sa.Uuid, comment="what is given in exchange"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("asked_at", _MOMENT, nullable=False),
    sa.Column("state", sa.Text, nullable=False, comment="pending, approved, refused, or dropped with the duty"),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_at", _MOMENT),
    sa.Column("note", sa.Text),
    sa.CheckConstraint("kind IN ('leave', 'handover', 'swap')", name="duty_request_kind"),
    sa.CheckConstraint("state IN ('pending', 'approved', 'refused', 'dropped')", name="duty_request_state"),
)
sa.Index("duty_request_by_state", duty_request.c.tenant, duty_request.c.state, duty_request.c.id)
sa.Index("duty_request_by_duty", duty_request.c.duty)
sa.Index("duty_request_by_other", duty_request.c.other_duty, postgresql_where=duty_request.c.other_duty.is_not(None))

team_duty = sa.Table(
    "team_duty",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("team", sa.Text, primary_key=True),
    sa.Column("planned", sa.Integer, nullable=False, server_default="0", comment="duties that go on"),
    sa.Column("on_duty", sa.Integer, nullable=False, server_default="0", comment="clocked in and not out"),
    sa.Column("at", _MOMENT, nullable=False, server_default=sa.text("statement_timestamp()")),
    sa.Column("until", _MOMENT, comment="when a duty begins or ends next, within a day"),
    comment="as it was published last",
)

position = sa.Table(
    "position",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("at", _MOMENT, primary_key=True),
    sa.Column("lon", sa.Double, nullable=False),
    sa.Column("lat", sa.Double, nullable=False),
    sa.Column("accuracy_metres", sa.Double),
    comment="where officers were; rows go after some weeks",
)
sa.Index("position_by_time", position.c.at, postgresql_using="brin")

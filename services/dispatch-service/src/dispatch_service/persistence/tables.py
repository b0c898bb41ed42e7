"""Dispatch's tables. Every row names its tenant, and so does every query."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from dispatch_service.persistence.clock_tables import AT_WORK, add_clock_indexes, add_clock_tables, clock_columns
from dispatch_service.persistence.component_tables import add_component_table, component_column
from dispatch_service.persistence.directory_tables import add_directory_tables
from dispatch_service.persistence.life_tables import add_life_indexes, add_life_tables, life_columns
from dispatch_service.persistence.mobile_tables import add_case_indexes, add_mobile_tables
from dispatch_service.persistence.reporter_tables import add_reporter_tables
from dispatch_service.persistence.rule_tables import add_routing_indexes, add_rule_tables, routing_columns
from dispatch_service.persistence.stage_columns import next_timer_index
from eventbus.tables import add_bus_tables
from runtime.idempotency import idempotency_table

metadata = sa.MetaData()

POST_KINDS = ("post", "liaison_station", "kiosk", "service_station", "guide_point")
"""重点网格岗位点、城管工作联络站、岗亭、便民服务站、便民疏导点."""
MEMBER_ROLES = ("leader", "enforcement_assistant", "community_worker", "mobile")
"""The parts of a team "1+2+2" (队长、执法辅助人员、社区工作人员), and the mobile squad that helps every team."""


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _generated() -> sa.Column[object]:
    return sa.Column(
        "generated", sa.Boolean, nullable=False, server_default=sa.false(), comment="made up for a demonstration"
    )


territory = sa.Table(
    "territory",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    comment="counts the changes of grids and teams; triggers keep it, routing watches it",
)

community = sa.Table(
    "community",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("sub_district", sa.Text, nullable=False),
    _generated(),
)

team = sa.Table(
    "team",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("community", sa.Text),
    _generated(),
    sa.ForeignKeyConstraint(["tenant", "community"], ["community.tenant", "community.code"]),
)

team_member = sa.Table(
    "team_member",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("team", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True, comment="as in the officer's token; no name is kept"),
    sa.Column("role", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(["tenant", "team"], ["team.tenant", "team.code"]),
    sa.CheckConstraint(sa.column("role").in_(MEMBER_ROLES), name="team_member_role"),
)
sa.Index("team_member_subject", team_member.c.tenant, team_member.c.subject)

grid = sa.Table(
    "grid",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, comment="a case keeps the version it was routed by"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("community", sa.Text, nullable=False),
    sa.Column("team", sa.Text, nullable=False),
    sa.Column("geometry", JSONB, nullable=False, comment="GeoJSON Polygon or MultiPolygon, WGS84"),
    sa.Column("in_force", sa.Boolean, nullable=False, comment="one version of a code at most"),
    sa.Column("since", sa.DateTime(timezone=True), comment="in force from then on; null: unknown"),
    sa.Column("until", sa.DateTime(timezone=True), comment="another version, or none, since then"),
    _generated(),
    sa.ForeignKeyConstraint(["tenant", "community"], ["community.tenant", "community.code"]),
    sa.ForeignKeyConstraint(["tenant", "team"], ["team.tenant", "team.code"]),
)
sa.Index("grid_in_force", grid.c.tenant, grid.c.code, unique=True, postgresql_where=grid.c.in_force)

post = sa.Table(
    "post",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("community", sa.Text, nullable=False),
    sa.Column("grid", sa.Text),
    sa.Column("lon", sa.Double, nullable=False),
    sa.Column("lat", sa.Double, nullable=False),
    sa.Column("hours", sa.Text, comment="weekly hours and holidays; null: always open"),
    _generated(),
    sa.ForeignKeyConstraint(["tenant", "community"], ["community.tenant", "community.code"]),
    sa.CheckConstraint(sa.column("kind").in_(POST_KINDS), name="post_kind"),
)

dispatch_case = sa.Table(
    "dispatch_case",
    metadata,
    sa.Column("complaint_id", sa.Uuid, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("round", sa.Integer, nullable=False, comment="1, and one more with each rework or reopening"),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False, comment="events published about it, gap-free"),
    sa.Column("ledger_sequence", sa.Integer, nullable=False, server_default="0", comment="the last one followed"),
    sa.Column("intake_sequence", sa.Integer, nullable=False, server_default="0", comment="the last one decided"),
    sa.Column("intake_heard", sa.Integer, nullable=False, server_default="0", comment="the last one that was counted"),
    sa.Column("intake_uncounted", sa.Integer, comment="how many after it may have been followed; null: nobody knows"),
    sa.Column("team", sa.Text, nullable=False),
    sa.Column("grid", sa.Text),
    sa.Column("grid_version", sa.Integer),
    sa.Column("community", sa.Text),
    sa.Column("explanation", JSONB, nullable=False, comment="why this team: rule, grid, team"),
    sa.Column(
        "earlier_explanations",
        JSONB,
        nullable=False,
        server_default="[]",
        comment="those before, oldest first, with ended_at",
    ),
    sa.Column("category", sa.Text),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("proactive", sa.Boolean, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("lon", sa.Double),
    sa.Column("lat", sa.Double),
    sa.Column("address", sa.Text),
    sa.Column("officer", sa.Text, comment="subject of the one who acted last"),
    sa.Column("handling_mode", sa.Text),
    sa.Column("result", sa.Text),
    _time("occurred_at", nullable=True),
    _time("received_at"),
    _time("assigned_at"),
    _time("accepted_at", nullable=True),
    _time("started_at", nullable=True),
    _time("resolved_at", nullable=True),
    _time("updated_at"),
    sa.Column("erased_at", sa.DateTime(timezone=True), comment="personal data; null: never"),
    *clock_columns(),
    *routing_columns(),
    *life_columns(),
    component_column(),
    next_timer_index(AT_WORK),
)
# Complaint ids are UUIDv7: their order is the order of receipt, which is the order of lists.
sa.Index("dispatch_case_by_team", dispatch_case.c.tenant, dispatch_case.c.team, dispatch_case.c.complaint_id)
sa.Index("dispatch_case_by_change", dispatch_case.c.tenant, dispatch_case.c.updated_at)

add_clock_indexes(dispatch_case)
add_routing_indexes(dispatch_case)
add_life_indexes(dispatch_case)
add_case_indexes(dispatch_case)

add_directory_tables(metadata)
officer = metadata.tables["officer"]
team_pattern = metadata.tables["team_pattern"]
directory_entry = metadata.tables["directory_entry"]
add_clock_tables(metadata)
add_mobile_tables(metadata)
clock_setting = metadata.tables["clock_setting"]
case_request = metadata.tables["case_request"]
supervision_order = metadata.tables["supervision_order"]
case_note = metadata.tables["case_note"]
offline_action = metadata.tables["offline_action"]
team_departure = metadata.tables["team_departure"]
add_rule_tables(metadata)
routing_document = metadata.tables["routing_document"]
rule_set = metadata.tables["rule_set"]
rule_state = metadata.tables["rule_state"]
rule_match = metadata.tables["rule_match"]
case_support = metadata.tables["case_support"]
add_life_tables(metadata)
case_contribution = metadata.tables["case_contribution"]
case_conference = metadata.tables["case_conference"]
case_rectification = metadata.tables["case_rectification"]
case_transfer = metadata.tables["case_transfer"]
department = metadata.tables["department"]
add_component_table(metadata, dispatch_case)
component = metadata.tables["component"]
add_reporter_tables(metadata)
case_supplement = metadata.tables["case_supplement"]
case_question = metadata.tables["case_question"]
add_bus_tables(metadata)
idempotency_key = idempotency_table(metadata)

"""Intake's tables."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from eventbus.tables import add_bus_tables
from intake_service.persistence.configuration_tables import add_configuration_tables
from intake_service.persistence.triage_tables import add_triage_tables
from operations.wrong_codes import wrong_code_table
from runtime.idempotency import idempotency_table

metadata = sa.MetaData()
_TIME = sa.DateTime(timezone=True)

complaint = sa.Table(
    "complaint",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("query_code", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("sequence", sa.Integer, nullable=False, server_default="1", comment="events published so far"),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("proactive", sa.Boolean, nullable=False),
    sa.Column("category", sa.Text),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("lon", sa.Double, comment="WGS84 degrees"),
    sa.Column("lat", sa.Double, comment="WGS84 degrees"),
    sa.Column("address", sa.Text),
    sa.Column("given_lon", sa.Double, comment="as reported, in given_crs"),
    sa.Column("given_lat", sa.Double),
    sa.Column("given_crs", sa.Text),
    sa.Column("anonymous", sa.Boolean, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("owner", sa.Text),
    sa.Column("occurred_at", _TIME),
    sa.Column("received_at", _TIME, nullable=False),
    sa.Column("updated_at", _TIME, nullable=False),
    sa.Column("external_ref", sa.Text),
    sa.Column("attributes", JSONB),
    sa.Column("unit", sa.Text, comment="name of the team that answers for it now"),
    sa.Column("community", sa.Text),
    sa.Column("grid", sa.Text),
    sa.Column("progress", JSONB, nullable=False, server_default="[]", comment="[{kind, status, at, …}], oldest first"),
    sa.Column(
        "work",
        JSONB(none_as_null=True),
        comment="what dispatch has said last: promised_at, warn_at, accept_by, on_site_by, officer",
    ),
    sa.Column("release_request", sa.Uuid, comment="id of the last release_requested event"),
    sa.Column("release_state", sa.Text, comment="requested, granted or refused"),
    sa.Column("release_actor", sa.Text),
    sa.Column("release_reason", sa.Text),
    sa.Column("question", sa.Uuid, comment="the one that waits for the reporter's answer"),
    sa.Column("release_ending", sa.Text, comment="what the release is for; null: withdrawn"),
    sa.Column("release_data", JSONB(none_as_null=True), comment="what else its event says, and reporters read"),
    sa.Column("merged_into", sa.Uuid, comment="the master; null: not merged"),
    sa.Column("suggested_category", sa.Text),
    sa.Column("suggested_confidence", sa.Double, comment="0 to 1, as the model had it"),
    sa.Column("kind", sa.Text, nullable=False, server_default="complaint"),
    sa.Column(
        "confidential",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        comment="who reported it: supervisors only",
    ),
    sa.Column(
        "outside_area",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        comment="of its tenant, as it was when it came in or was located",
    ),
    sa.Column("origin", JSONB, comment="what its source adds: station, device, order"),
    sa.Column(
        "reclassifications",
        JSONB,
        nullable=False,
        server_default="[]",
        comment="[{category, former, reason, by, at}], oldest first",
    ),
    sa.Column("erased_at", _TIME, comment="personal data; null: never"),
    sa.Column("ended_as", sa.Text, comment="as status, once it has ended; a trigger keeps it"),
    sa.Column("ended_at", _TIME, comment="as updated_at, once it has ended; a trigger keeps it"),
    sa.Column("configuration", sa.Integer, comment="the version it was filed under; null: 1"),
    sa.Column("device", sa.LargeBinary, comment="digest of the id of the device it was reported from"),
    sa.UniqueConstraint("tenant", "number", name="complaint_number"),
)
sa.Index(
    "complaint_external_ref",
    complaint.c.tenant,
    complaint.c.source,
    complaint.c.external_ref,
    unique=True,
    postgresql_where=complaint.c.external_ref.is_not(None),
)
RECLASSIFIED = "reclassifications <> '[]'"
"""The condition of an index."""
sa.Index("complaint_reclassified", complaint.c.tenant, complaint.c.id, postgresql_where=sa.text(RECLASSIFIED))
sa.Index("complaint_by_creator", complaint.c.tenant, complaint.c.created_by, complaint.c.id)
sa.Index(
    "complaint_of_device",
    complaint.c.tenant,
    complaint.c.device,
    complaint.c.id,
    postgresql_where=complaint.c.device.is_not(None),
)
sa.Index("complaint_updated_range", complaint.c.updated_at, postgresql_using="brin")

sa.Index("complaint_by_master", complaint.c.merged_into, postgresql_where=complaint.c.merged_into.is_not(None))
sa.Index(
    "complaint_to_merge",
    complaint.c.tenant,
    sa.text("(release_data->>'into')"),
    postgresql_where=sa.text("release_state = 'requested'"),
)

reporter = sa.Table(
    "reporter",
    metadata,
    sa.Column("complaint_id", sa.Uuid, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("name", sa.Text),
    sa.Column("phone", sa.Text),
    sa.Column("email", sa.Text),
    comment="personal data, apart so that it can be erased; written only together with its complaint",
)

sa.Index(
    "reporter_of_phone",
    reporter.c.tenant,
    reporter.c.phone,
    reporter.c.complaint_id,
    postgresql_where=reporter.c.phone.is_not(None),
)

number_block = sa.Sequence("complaint_number_block", metadata=metadata)

add_triage_tables(metadata)
add_configuration_tables(metadata)
configuration_version = metadata.tables["configuration_version"]
configuration_draft = metadata.tables["configuration_draft"]

idempotency_table(metadata)
wrong_code_table(metadata)
add_bus_tables(metadata)

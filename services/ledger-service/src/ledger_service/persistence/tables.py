"""The ledger's tables: what is known of each complaint, and the entries it was learned from."""

import sqlalchemy as sa

from eventbus.tables import add_bus_tables
from ledger_service.persistence.account_tables import add_account_tables
from ledger_service.persistence.book_tables import add_book_tables, add_line_indexes
from ledger_service.persistence.closing_tables import add_closing_tables, closing_columns
from ledger_service.persistence.fact_columns import fact_columns
from ledger_service.persistence.hotspot_tables import add_hotspot_tables
from ledger_service.persistence.late_index import add_late_index
from ledger_service.persistence.matter_tables import add_matter_tables
from ledger_service.persistence.overview_tables import add_overview_tables
from ledger_service.persistence.public_tables import add_public_tables
from ledger_service.persistence.rare_index import add_rare_index
from ledger_service.persistence.rereading_tables import add_rereading_tables
from ledger_service.persistence.statistics_tables import add_statistics_tables
from ledger_service.persistence.unsettled_index import add_unsettled_index
from operations.wrong_codes import wrong_code_table
from runtime.idempotency import idempotency_table
from runtime.migrations import APPEND_ONLY

metadata = sa.MetaData()
_MOMENT = sa.DateTime(timezone=True)

ledger_complaint = sa.Table(
    "ledger_complaint",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("complaint_id", sa.Uuid, primary_key=True),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("proactive", sa.Boolean, nullable=False),
    sa.Column("category", sa.Text),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("lon", sa.Double),
    sa.Column("lat", sa.Double),
    sa.Column("address", sa.Text),
    sa.Column("owner", sa.Text, comment="opaque subject of the reporter"),
    sa.Column("external_ref", sa.Text),
    sa.Column("occurred_at", _MOMENT),
    sa.Column("received_at", _MOMENT, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("community", sa.Text),
    sa.Column("grid", sa.Text),
    sa.Column("team", sa.Text),
    sa.Column("team_name", sa.Text),
    sa.Column("worker", sa.Text, comment="subject of whoever resolved it last"),
    sa.Column("closed_at", _MOMENT),
    sa.Column("satisfaction", sa.Text),
    sa.Column("solved", sa.Boolean),
    sa.Column("seq_intake", sa.Integer, nullable=False),
    sa.Column("seq_dispatch", sa.Integer, nullable=False),
    sa.Column("seq_ledger", sa.Integer, nullable=False),
    *fact_columns(),
    sa.Column(
        "updated_at",
        _MOMENT,
        nullable=False,
        server_default=sa.func.clock_timestamp(),
        comment="when the ledger last entered an event",
    ),
    sa.Column(
        "lacking_since",
        _MOMENT,
        server_default=sa.func.clock_timestamp(),
        comment="when the ledger entered what it lacks, or lacks no more; null: older than the column",
    ),
    sa.Column("erased_at", _MOMENT),
    sa.Column(
        "unknown_photos",
        sa.ARRAY(sa.Uuid),
        nullable=False,
        server_default="{}",
        comment="that events name and intake does not have",
    ),
    *closing_columns(),
)
# Complaint ids are UUIDv7: their order is that of reception, which is the order of lists.
sa.Index(
    "ledger_complaint_by_status",
    ledger_complaint.c.tenant,
    ledger_complaint.c.status,
    ledger_complaint.c.complaint_id,
)
sa.Index(
    "ledger_complaint_by_owner",
    ledger_complaint.c.tenant,
    ledger_complaint.c.owner,
    ledger_complaint.c.complaint_id,
    postgresql_where=ledger_complaint.c.owner.is_not(None),
)
sa.Index(
    "ledger_complaint_by_number",
    ledger_complaint.c.tenant,
    ledger_complaint.c.number,
    postgresql_where=ledger_complaint.c.query_code_digest.is_not(None),
)
# Those that an older release has entered events of: their facts are made of the entries again.
sa.Index(
    "ledger_complaint_without_facts",
    ledger_complaint.c.tenant,
    ledger_complaint.c.complaint_id,
    postgresql_where=ledger_complaint.c.facts_version != ledger_complaint.c.version,
)
# Changes follow the order of the rows roughly, and a BRIN index costs an update next to nothing.
sa.Index("ledger_complaint_by_change", ledger_complaint.c.updated_at, postgresql_using="brin")
# Receptions follow the order of the rows but for imports: good enough to find a month.
sa.Index("ledger_complaint_by_reception", ledger_complaint.c.received_at, postgresql_using="brin")
add_unsettled_index(ledger_complaint)
add_line_indexes(ledger_complaint)

entry = sa.Table(
    "entry",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("event_id", sa.Uuid, nullable=False),
    sa.Column("complaint_id", sa.Uuid),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("status_before", sa.Text),
    sa.Column("status_after", sa.Text),
    sa.Column("actor", sa.Text),
    sa.Column("occurred_at", _MOMENT, nullable=False, comment="time of the event"),
    sa.Column("recorded_at", _MOMENT, nullable=False, server_default=sa.func.clock_timestamp()),
    sa.Column("data", sa.Text, comment="the event's payload, byte for byte as it came"),
    sa.Column("salt", sa.LargeBinary, comment="makes the digest of actor and data unguessable"),
    sa.Column("subject", sa.Uuid, comment="what it is about, where that is no complaint"),
    sa.Column("erased_digest", sa.LargeBinary, comment="of actor and data, once they are erased"),
    sa.UniqueConstraint("complaint_id", "source", "sequence", name="entry_once"),
    sa.CheckConstraint(
        "num_nonnulls(complaint_id, subject) = 1 AND (complaint_id IS NULL) = (status_after IS NULL) "
        "AND (complaint_id IS NOT NULL) = starts_with(type, 'complaint.')",
        name="entry_about",
    ),
    sa.CheckConstraint(
        "(data IS NULL) = (erased_digest IS NOT NULL) AND (data IS NOT NULL OR num_nonnulls(actor, salt) = 0)",
        name="entry_erased",
    ),
    info={APPEND_ONLY: ("data", "actor", "salt")},
)
"""Append-only: triggers refuse DELETE, TRUNCATE and UPDATE, but for an erasure, which is an entry itself; so do rights,
where the service does not own the table.

`entry_once` also finds a complaint's entries.
"""
sa.Index(
    "entry_once_about",
    entry.c.subject,
    entry.c.source,
    entry.c.sequence,
    unique=True,
    postgresql_where=entry.c.subject.is_not(None),
)
add_rare_index(entry)
add_late_index(entry)
sa.Index("entry_by_time", entry.c.occurred_at, postgresql_using="brin")
sa.Index("entry_by_event", entry.c.event_id, postgresql_using="brin")

seal = sa.Table(
    "seal",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False, comment="from 0 without gaps"),
    sa.Column("position", sa.BigInteger, nullable=False, comment="of the entry"),
    sa.Column("digest", sa.LargeBinary, nullable=False, comment="salted SHA-256 of actor and data"),
    sa.Column("leaf", sa.LargeBinary, nullable=False, comment="hash of the leaf (RFC 9162)"),
    sa.Column("link", sa.LargeBinary, nullable=False, comment="SHA-256 of the link before and the leaf"),
    sa.UniqueConstraint("tenant", "position", name="seal_once"),
    info={APPEND_ONLY: ()},
)
"""What proves the entries; append-only as they are."""

seal_node = sa.Table(
    "seal_node",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("level", sa.SmallInteger, primary_key=True, autoincrement=False, comment="8, 16, 24, …"),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.LargeBinary, nullable=False, comment="of 2 ** level leaves"),
    info={APPEND_ONLY: ()},
)
"""Nodes of the tree over `seal`; append-only."""

chain = sa.Table(
    "chain",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("link", sa.LargeBinary, nullable=False, server_default=sa.text("decode(repeat('00', 32), 'hex')")),
    sa.Column("frontier", sa.LargeBinary, nullable=False, server_default=sa.text("''::bytea")),
    sa.Column("settled", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("watched", sa.BigInteger),
    sa.Column("barrier", sa.BigInteger),
)
"""How far each tenant is sealed: what could be counted from `seal` again."""

checkpoint = sa.Table(
    "checkpoint",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("root", sa.LargeBinary, nullable=False),
    sa.Column("at", _MOMENT, nullable=False),
    sa.Column("note", sa.Text, nullable=False, comment="signed: C2SP tlog-checkpoint"),
    info={APPEND_ONLY: ()},
)
"""What was signed of the tree, now and then; append-only."""

activity = sa.Table(
    "activity",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False, comment="counts its entries"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("quantity", sa.Integer, nullable=False, comment="in the unit of the kind"),
    sa.Column("happened_at", _MOMENT, nullable=False),
    sa.Column("day", sa.Date, nullable=False, comment="of happened_at in the tenant's time zone: where it counts"),
    sa.Column("community", sa.Text),
    sa.Column("grid", sa.Text),
    sa.Column("team", sa.Text),
    sa.Column("people", sa.Integer, comment="how many took part"),
    sa.Column("lon", sa.Double),
    sa.Column("lat", sa.Double),
    sa.Column("address", sa.Text),
    sa.Column("evidence", sa.ARRAY(sa.Text), nullable=False),
    sa.Column("note", sa.Text),
    sa.Column("recorded_by", sa.Text, nullable=False),
    sa.Column("recorded_at", _MOMENT, nullable=False),
    sa.Column("generated", sa.Boolean, nullable=False, comment="made up, for the demo county"),
    sa.Column("voided_at", _MOMENT),
    sa.Column("void_reason", sa.Text),
    sa.Column("erased_at", _MOMENT, comment="when what was written about it was erased last"),
    sa.Column("evidence_erased", sa.Integer, nullable=False, server_default="0", comment="references, with that"),
)
"""What the entries about each activity come to."""
sa.Index("activity_by_time", activity.c.tenant, activity.c.happened_at, activity.c.id)
sa.Index("activity_by_community", activity.c.tenant, activity.c.community, activity.c.happened_at, activity.c.id)
sa.Index("activity_by_team", activity.c.tenant, activity.c.team, activity.c.happened_at, activity.c.id)

activity_day = sa.Table(
    "activity_day",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("community", sa.Text, primary_key=True, comment="'' for none"),
    sa.Column("team", sa.Text, primary_key=True, comment="'' for none"),
    sa.Column("quantity", sa.BigInteger, nullable=False),
    sa.Column("activities", sa.BigInteger, nullable=False),
)
"""What activities come to a day: kept with every entry about one, so that a bulletin need not read entries."""

add_account_tables(metadata)
add_public_tables(metadata)
add_closing_tables(metadata)
closing_rules = metadata.tables["closing_rules"]
follow_up = metadata.tables["follow_up"]
add_hotspot_tables(metadata)
hotspot = metadata.tables["hotspot"]
hotspot_change = metadata.tables["hotspot_change"]
hotspot_rule = metadata.tables["hotspot_rule"]
add_rereading_tables(metadata)
add_matter_tables(metadata)
ending_request = metadata.tables["ending_request"]
rating_appeal = metadata.tables["rating_appeal"]
add_statistics_tables(metadata)
statistics_setting = metadata.tables["statistics_setting"]
add_book_tables(metadata)
named_ledger = metadata.tables["named_ledger"]
add_overview_tables(metadata)
directory = metadata.tables["directory"]
team_duty = metadata.tables["team_duty"]
stream_ticket = metadata.tables["stream_ticket"]
wrong_code_table(metadata)
add_bus_tables(metadata)
idempotency_table(metadata)

"""The tables of attachments; the files themselves are in the store (`blobs`)."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from intake_service.persistence.tables import metadata

_TIME = sa.DateTime(timezone=True)

attachment = sa.Table(
    "attachment",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("uploaded_by", sa.Text, nullable=False),
    sa.Column("by_staff", sa.Boolean, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("name", sa.Text, comment="as the uploader's device had it"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False, comment="as served"),
    sa.Column("sha256", sa.LargeBinary, nullable=False, comment="of what was uploaded"),
    sa.Column("size", sa.BigInteger, nullable=False, comment="bytes of what was uploaded"),
    sa.Column("width", sa.Integer, comment="pixels, upright"),
    sa.Column("height", sa.Integer),
    sa.Column(
        "evidence", JSONB(none_as_null=True), comment="what the file said of time, place and device; for staff only"
    ),
    sa.Column("complaint_id", sa.Uuid, comment="null while no complaint refers to it"),
    sa.Column("created_at", _TIME, nullable=False),
    sa.Column(
        "public",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        comment="shown to whoever has the query code",
    ),
    sa.Column("draft_id", sa.Uuid, comment="the draft that keeps it"),
    sa.Column("kept_for", sa.Uuid, comment="the visit on patrol or activity that it shows, which keeps it"),
    sa.Column(
        "of_reporter",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        comment="came with the report, a supplement or an answer, whoever uploaded it",
    ),
)
OF_BUREAU = sa.and_(attachment.c.by_staff, sa.not_(attachment.c.of_reporter))
"""It shows the work, and not what the bureau was given by somebody who called."""
sa.Index("attachment_by_draft", attachment.c.draft_id, postgresql_where=attachment.c.draft_id.is_not(None))
sa.Index("attachment_by_complaint", attachment.c.complaint_id, postgresql_where=attachment.c.complaint_id.is_not(None))
sa.Index(
    "attachment_waiting",
    attachment.c.tenant,
    attachment.c.uploaded_by,
    attachment.c.created_at,
    postgresql_where=attachment.c.complaint_id.is_(None),
)
UNUSED = "complaint_id IS NULL AND draft_id IS NULL AND kept_for IS NULL"
sa.Index("attachment_unused", attachment.c.created_at, postgresql_where=sa.text(UNUSED))
sa.Index("attachment_by_content", attachment.c.tenant, attachment.c.uploaded_by, attachment.c.sha256)

attachment_file = sa.Table(
    "attachment_file",
    metadata,
    sa.Column("attachment_id", sa.Uuid, primary_key=True),
    sa.Column("variant", sa.Text, primary_key=True),
    sa.Column("sha256", sa.LargeBinary, nullable=False, comment="its name in the store; several rows may share it"),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
)
sa.Index("attachment_file_by_content", attachment_file.c.sha256)

attachment_upload = sa.Table(
    "attachment_upload",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("uploaded_by", sa.Text, nullable=False),
    sa.Column("sha256", sa.LargeBinary, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("name", sa.Text),
    sa.Column("complaint_id", sa.Uuid),
    sa.Column("created_at", _TIME, nullable=False),
    sa.Column("arrived", sa.BigInteger, nullable=False, server_default="0", comment="bytes, where pieces are objects"),
    sa.Column("pieces", sa.ARRAY(sa.Text), nullable=False, server_default="{}", comment="names of objects, in order"),
    sa.UniqueConstraint("tenant", "uploaded_by", "sha256", name="attachment_upload_once"),
    comment="uploads that are not finished; in the folder, how far one came is the length of its file",
)

awaited_photo = sa.Table(
    "awaited_photo",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("subject", sa.Uuid, primary_key=True, comment="the complaint, or what it would be kept for"),
    sa.Column("photo", sa.Uuid, primary_key=True),
    sa.Column("of_complaint", sa.Boolean, nullable=False),
    sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    comment="photos that an event names and that are not here, or not yet",
)
sa.Index("awaited_photo_by_time", awaited_photo.c.noted_at)
sa.Index("awaited_photo_of_field_work", awaited_photo.c.noted_at, postgresql_where=sa.text("NOT of_complaint"))

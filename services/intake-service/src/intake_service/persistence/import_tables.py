"""The tables of imports: jobs, what became of rows that were not imported, and what is doubtful about others."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from intake_service.persistence.tables import metadata

_TIME = sa.DateTime(timezone=True)

import_job = sa.Table(
    "import_job",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False, comment="subject of the token"),
    sa.Column("roles", sa.ARRAY(sa.Text), nullable=False, comment="of whoever has begun it"),
    sa.Column("language", sa.Text, nullable=False, comment="in which refusals are told"),
    sa.Column("name", sa.Text, nullable=False, comment="of the file"),
    sa.Column("suffix", sa.Text, nullable=False, comment="says what the file is"),
    sa.Column("digest", sa.LargeBinary, nullable=False, comment="SHA-256 of the file and its mapping"),
    sa.Column("mapping", JSONB, nullable=False, comment="joined with what it extends"),
    sa.Column("dry_run", sa.Boolean, nullable=False),
    sa.Column("state", sa.Text, nullable=False, comment="waiting, running, done, cancelled or failed"),
    sa.Column("failure", sa.Text, comment="why it has failed, as a code"),
    sa.Column("failure_detail", sa.Text),
    sa.Column("rows", sa.Integer, comment="of the file; null: not counted yet"),
    sa.Column("line", sa.Integer, nullable=False, comment="up to which all rows are settled"),
    sa.Column("accepted", sa.Integer, nullable=False),
    sa.Column("known", sa.Integer, nullable=False),
    sa.Column("skipped", sa.Integer, nullable=False),
    sa.Column("rejected", sa.Integer, nullable=False),
    sa.Column("warned", sa.Integer, nullable=False, server_default="0", comment="of the accepted"),
    sa.Column("created_at", _TIME, nullable=False),
    sa.Column("updated_at", _TIME, nullable=False),
    sa.Column("finished_at", _TIME),
)
sa.Index("import_job_by_tenant", import_job.c.tenant, import_job.c.id)
sa.Index("import_job_unfinished", import_job.c.id, postgresql_where=import_job.c.finished_at.is_(None))

import_rejection = sa.Table(
    "import_rejection",
    metadata,
    sa.Column("job", sa.Uuid, sa.ForeignKey("import_job.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("line", sa.Integer, primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True, comment="among the flaws of the row"),
    sa.Column("external_ref", sa.Text),
    sa.Column("column", sa.Text),
    sa.Column("field", sa.Text),
    sa.Column("problem", sa.Text, nullable=False),
    sa.Column("expected", sa.Text, nullable=False),
    sa.Column("filed", sa.Boolean, nullable=False, server_default="false", comment="it was imported all the same"),
)

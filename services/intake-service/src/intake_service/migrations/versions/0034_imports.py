"""Imports as jobs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0034"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False, comment="subject of the token"),
        sa.Column("roles", sa.ARRAY(sa.Text()), nullable=False, comment="of whoever has begun it"),
        sa.Column("language", sa.Text(), nullable=False, comment="in which refusals are told"),
        sa.Column("name", sa.Text(), nullable=False, comment="of the file"),
        sa.Column("suffix", sa.Text(), nullable=False, comment="says what the file is"),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the file and its mapping"),
        sa.Column(
            "mapping",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="joined with what it extends",
        ),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="waiting, running, done, cancelled or failed"),
        sa.Column("failure", sa.Text(), nullable=True, comment="why it has failed, as a code"),
        sa.Column("failure_detail", sa.Text(), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=True, comment="of the file; null: not counted yet"),
        sa.Column("line", sa.Integer(), nullable=False, comment="up to which all rows are settled"),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("import_job_by_tenant", "import_job", ["tenant", "id"])
    op.create_index("import_job_unfinished", "import_job", ["id"], postgresql_where=sa.text("finished_at IS NULL"))
    op.create_table(
        "import_rejection",
        sa.Column("job", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False, comment="among the flaws of the row"),
        sa.Column("external_ref", sa.Text(), nullable=True),
        sa.Column("column", sa.Text(), nullable=True),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job"], ["import_job.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job", "line", "place"),
    )


def downgrade() -> None:
    op.drop_table("import_rejection")
    op.drop_table("import_job")

"""Full text of complaints, what of them has ended, saved filters, and who was given complaints as a file."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0013"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_ENDED = "('closed', 'withdrawn', 'voided', 'rejected', 'merged')"
_NOTE_ENDING = f"""
CREATE FUNCTION note_complaint_ending() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status IN {_ENDED} THEN
        NEW.ended_as := NEW.status;
        NEW.ended_at := NEW.updated_at;
    ELSE
        NEW.ended_as := NULL;
        NEW.ended_at := NULL;
    END IF;
    RETURN NEW;
END $$
"""
_NOTE_WORDS = """
CREATE FUNCTION note_complaint_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO complaint_unread (complaint_id) VALUES (NEW.id);
    RETURN NULL;
END $$
"""
_TRIGGERS = {
    "complaint_ends": f"""BEFORE UPDATE ON complaint FOR EACH ROW
        WHEN (NEW.status IN {_ENDED} OR OLD.ended_as IS NOT NULL) EXECUTE FUNCTION note_complaint_ending()""",
    "complaint_says_otherwise": """AFTER UPDATE OF description, address, external_ref, category ON complaint
        FOR EACH ROW EXECUTE FUNCTION note_complaint_words()""",
}


def upgrade() -> None:
    for name, kind, source in (("ended_as", sa.Text(), "status"), ("ended_at", _MOMENT, "updated_at")):
        comment = f"as {source}, once it has ended; a trigger keeps it"
        op.add_column("complaint", sa.Column(name, kind, nullable=True, comment=comment))
    op.create_table(
        "complaint_unread",
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        comment="complaints whose words are not in complaint_text, or have changed",
    )
    op.create_table(
        "complaint_text",
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.PrimaryKeyConstraint("complaint_id"),
    )
    op.create_index("complaint_text_words", "complaint_text", ["words"], postgresql_using="gin")
    _create_filters()
    op.execute(_NOTE_ENDING)
    op.execute(_NOTE_WORDS)
    for name, what in _TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} {what}")


def _create_filters() -> None:
    op.create_table(
        "saved_filter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False, comment="subject of the token"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False, comment="who else may use it"),
        sa.Column("content", postgresql.JSONB(), nullable=False, comment="the filters, without what was not given"),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant", "owner", "name", name="saved_filter_name"),
    )
    op.create_table(
        "disclosure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="export, or phone: looked for by a reporter's number"),
        sa.Column("form", sa.Text(), nullable=True, comment="of an export"),
        sa.Column("reporters", sa.Boolean(), nullable=False, comment="whether it told who had reported"),
        sa.Column("filters", postgresql.JSONB(), nullable=False),
        sa.Column("complaints", sa.Integer(), nullable=True, comment="how many were in the file"),
        sa.PrimaryKeyConstraint("id"),
        comment="who was given complaints as a file, or looked for a person: never changed",
    )
    op.create_index("disclosure_of_tenant", "disclosure", ["tenant", "id"])


def downgrade() -> None:
    for name in _TRIGGERS:
        op.execute(f"DROP TRIGGER {name} ON complaint")
    for function in ("note_complaint_words", "note_complaint_ending"):
        op.execute(f"DROP FUNCTION {function}")
    for table in ("disclosure", "saved_filter", "complaint_text", "complaint_unread"):
        op.drop_table(table)
    op.drop_column("complaint", "ended_at")
    op.drop_column("complaint", "ended_as")

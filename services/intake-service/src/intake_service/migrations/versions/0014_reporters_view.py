"""What reporters see: promised times, photos that were made public; and wrong query codes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "complaint",
        sa.Column(
            "work",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="what dispatch has said last: promised_at, warn_at, accept_by, on_site_by, officer",
        ),
    )
    op.alter_column("complaint", "progress", comment="[{kind, status, at, …}], oldest first")
    op.add_column(
        "attachment",
        sa.Column(
            "public",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="shown to whoever has the query code",
        ),
    )
    op.create_table(
        "wrong_code",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="number or address"),
        sa.Column("key", sa.Text(), nullable=False, comment="a complaint's number, or the hash of an address"),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False, comment="the first of them"),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "kind", "key"),
        comment="wrong query codes of the last quarter of an hour",
    )


def downgrade() -> None:
    op.drop_table("wrong_code")
    op.drop_column("attachment", "public")
    op.alter_column("complaint", "progress", comment="[{status, at}], oldest first")
    op.drop_column("complaint", "work")

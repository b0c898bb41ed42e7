"""Officers with roles and skills, the make-up of teams, and what was published of the directory."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "officer",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False, comment="as in the officer's token; no name is kept"),
        sa.Column("roles", sa.ARRAY(sa.Text()), server_default="{}", nullable=False, comment="worn in activities"),
        sa.Column(
            "skills", sa.ARRAY(sa.Text()), server_default="{}", nullable=False, comment="codes, such as electric"
        ),
        sa.Column(
            "generated", sa.Boolean(), server_default=sa.false(), nullable=False, comment="made up for a demonstration"
        ),
        sa.CheckConstraint("roles <@ ARRAY['publicist', 'mediator', 'attendant']", name="officer_roles"),
        sa.PrimaryKeyConstraint("tenant", "subject"),
    )
    op.create_table(
        "team_pattern",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column(
            "roles", postgresql.JSONB(), nullable=False, comment="how many members of each role a team shall have"
        ),
        sa.PrimaryKeyConstraint("tenant"),
    )
    op.create_table(
        "directory_entry",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False, comment="events published about it, gap-free"),
        sa.Column("removed", sa.Boolean(), nullable=False, comment="as it was published last"),
        sa.PrimaryKeyConstraint("tenant", "kind", "code"),
        comment="what was told of communities, grids, posts, teams and officers",
    )


def downgrade() -> None:
    for table in ("directory_entry", "team_pattern", "officer"):
        op.drop_table(table)

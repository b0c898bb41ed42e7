"""Tables of officers, of the make-up of teams, and of what was published of the directory."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

ACTIVITY_ROLES = ("publicist", "mediator", "attendant")
"""The hats worn in activities: 宣传员、调解员、服务员."""


def _texts(name: str, comment: str) -> sa.Column[object]:
    return sa.Column(name, ARRAY(sa.Text), nullable=False, server_default="{}", comment=comment)


def add_directory_tables(metadata: sa.MetaData) -> None:
    """Add the tables to dispatch's metadata."""
    sa.Table(
        "officer",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True, comment="as in the officer's token; no name is kept"),
        _texts("roles", "worn in activities"),
        _texts("skills", "codes, such as electric"),
        sa.Column(
            "generated", sa.Boolean, nullable=False, server_default=sa.false(), comment="made up for a demonstration"
        ),
        sa.CheckConstraint(f"roles <@ ARRAY{list(ACTIVITY_ROLES)}", name="officer_roles"),
    )
    sa.Table(
        "team_pattern",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("roles", JSONB, nullable=False, comment="how many members of each role a team shall have"),
    )
    sa.Table(
        "directory_entry",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("sequence", sa.Integer, nullable=False, comment="events published about it, gap-free"),
        sa.Column("removed", sa.Boolean, nullable=False, comment="as it was published last"),
        comment="what was told of communities, grids, posts, teams and officers",
    )

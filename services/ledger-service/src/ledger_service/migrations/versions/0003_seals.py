"""Seal entries: a chain of hashes for each tenant, a Merkle tree over it, and signed checkpoints."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_APPEND_ONLY = ("seal", "seal_node", "checkpoint")


def upgrade() -> None:
    op.add_column(
        "entry",
        sa.Column("salt", sa.LargeBinary(), nullable=True, comment="makes the digest of actor and data unguessable"),
    )
    op.create_table(
        "seal",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False, autoincrement=False, comment="from 0 without gaps"),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="of the entry"),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="salted SHA-256 of actor and data"),
        sa.Column("leaf", sa.LargeBinary(), nullable=False, comment="hash of the leaf (RFC 9162)"),
        sa.Column("link", sa.LargeBinary(), nullable=False, comment="SHA-256 of the link before and the leaf"),
        sa.PrimaryKeyConstraint("tenant", "number"),
        sa.UniqueConstraint("tenant", "position", name="seal_once"),
    )
    op.create_table(
        "seal_node",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False, autoincrement=False, comment="8, 16, 24, …"),
        sa.Column("number", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="of 2 ** level leaves"),
        sa.PrimaryKeyConstraint("tenant", "level", "number"),
    )
    op.create_table(
        "chain",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("link", sa.LargeBinary(), nullable=False, server_default=sa.text("decode(repeat('00', 32), 'hex')")),
        sa.Column("frontier", sa.LargeBinary(), nullable=False, server_default=sa.text("''::bytea")),
        sa.Column("settled", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("watched", sa.BigInteger(), nullable=True),
        sa.Column("barrier", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant"),
    )
    op.create_table(
        "checkpoint",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False, comment="signed: C2SP tlog-checkpoint"),
        sa.PrimaryKeyConstraint("tenant", "size"),
    )
    for table in _APPEND_ONLY:
        op.execute(f"""
            CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
        """)


def downgrade() -> None:
    for table in ("checkpoint", "chain", "seal_node", "seal"):
        op.drop_table(table)
    op.drop_column("entry", "salt")

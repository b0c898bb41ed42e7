"""Indexes and constraints that migrations add to tables, or take from them, while services write to these.

Each is a transaction of its own, so what a migration did before it stays when it fails. Run again it begins anew, and
finds that: what else it does says `if_not_exists` and the like.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import op

from runtime.migrations_env import LOCK_TIMEOUT


def create_index_online(name: str, table: str, columns: list[str], **options: Any) -> None:
    """Build an index, `options` being those of `op.create_index`; a half-built one of an earlier try goes first.

    It waits for transactions that are older than itself, and nobody waits for it.
    """
    with _online():
        op.drop_index(name, table_name=table, if_exists=True, postgresql_concurrently=True)
        op.create_index(name, table, columns, postgresql_concurrently=True, **options)


def drop_index_online(name: str, table: str) -> None:
    """Drop an index, if it is there."""
    with _online():
        op.drop_index(name, table_name=table, if_exists=True, postgresql_concurrently=True)


def replace_unique_online(name: str, table: str, columns: list[str]) -> None:
    """Give a unique constraint other columns under its name, which statements of another release may say.

    Only to change it at the end is the table locked, for a moment.
    """
    built = f"{name}_anew"
    create_index_online(built, table, columns, unique=True)
    op.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}", ADD CONSTRAINT "{name}" UNIQUE USING INDEX "{built}"')


def validate_online(table: str, constraint: str) -> None:
    """Check the rows that are there against a constraint that was added as NOT VALID; writers go on meanwhile."""
    with _online():
        op.execute(f'ALTER TABLE "{table}" VALIDATE CONSTRAINT "{constraint}"')


@contextmanager
def _online() -> Iterator[None]:
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = 0")
        yield
        op.execute(f"set lock_timeout = '{LOCK_TIMEOUT}'")

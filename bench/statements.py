"""Statements of the services as the driver alone takes them."""

from collections.abc import Sequence
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.sql.compiler import SQLCompiler

_DIALECT = make_url("postgresql+asyncpg://").get_dialect()()


def written_out(statement: sa.ClauseElement) -> tuple[str, Sequence[Any]]:
    """Return the text that PostgreSQL gets for a statement, and its parameters in order."""
    compiled = cast(SQLCompiler, statement.compile(dialect=_DIALECT))
    expanded = compiled.construct_expanded_state()
    return expanded.statement, expanded.positional_parameters or ()

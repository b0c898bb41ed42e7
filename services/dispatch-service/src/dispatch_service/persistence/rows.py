"""Rows as the rest of the service reads them."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import sqlalchemy as sa

Row: TypeAlias = Mapping[str, Any]
"""Column names and values."""


def as_rows(result: sa.CursorResult[Any]) -> Sequence[Row]:
    """Return all rows of a result."""
    return [dict(row) for row in result.mappings()]

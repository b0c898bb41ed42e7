"""Conditions on categories, whose codes name their levels: `street_order.vendors` is below `street_order`."""

from typing import Any

import sqlalchemy as sa


def within(category: sa.ColumnElement[Any], code: str) -> sa.ColumnElement[bool]:
    """Return the condition that a category is `code`, or any level below it."""
    return sa.or_(category == code, category.startswith(f"{code}.", autoescape=True))

"""Identifiers."""

from uuid import UUID

from uuid_utils import compat


def uuid7() -> UUID:
    """Return a new time-ordered identifier; those of one process never go backwards."""
    return compat.uuid7()

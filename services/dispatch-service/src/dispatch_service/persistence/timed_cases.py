"""Cases that a worker locks many at a time because their time has come."""

from collections.abc import Mapping
from typing import Any

from contracts.lifecycle import Status
from dispatch_service.domain.case import Case

_COLUMNS = (
    "complaint_id",
    "tenant",
    "status",
    "version",
    "sequence",
    "round",
    "team",
    "grid",
    "community",
    "received_at",
    "waiting_since",
    "updated_at",
)
CASE_COLUMNS = ", ".join(_COLUMNS)


def case_of(row: Mapping[Any, Any]) -> Case:
    """Read the columns of CASE_COLUMNS."""
    return Case(**{**{name: row[name] for name in _COLUMNS}, "status": Status(row["status"])})

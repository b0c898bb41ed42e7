"""Checks where a complaint is said to have been taken against what dispatch has told of stations.

What it tells comes later than it is so, by moments or, in an outage, by hours, and no complaint may be refused for
that. So one that names a station nobody has told of is accepted, and who reports it is told; a county may want it
refused.

A code that is known stays known, so it is asked for once; what is not known is asked for each time, because it may be
known now.
"""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from intake_service.domain.report import Report
from intake_service.persistence import places
from operations.problems import invalid

UNKNOWN = "station-unknown"
_POINTER = "/station"


class Stations:
    """The stations of all tenants of a database."""

    def __init__(self, engine: AsyncEngine, *, refuse_unknown: bool) -> None:
        """Only reads."""
        self._engine = engine
        self._refuse_unknown = refuse_unknown
        self._known: set[tuple[str, str]] = set()

    async def warnings(self, report: Report, tenant: str) -> list[dict[str, Any]]:
        """Return what whoever reports is told about the station; Problem 422 where an unknown one is refused."""
        code = report.origin.station
        if code is None or (tenant, code) in self._known:
            return []
        async with self._engine.connect() as connection:
            is_known = await places.knows(connection, tenant, code)
        if is_known:
            self._known.add((tenant, code))
        if is_known is not False:
            return []
        if self._refuse_unknown:
            raise invalid(_POINTER, UNKNOWN, given=code)
        return [{"pointer": _POINTER, "code": UNKNOWN}]

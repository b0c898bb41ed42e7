"""What decisions about the work on a locked case need to know of it besides its state and its clock."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.case import Case
from dispatch_service.domain.rectification import Reinspection
from dispatch_service.domain.routing import Point
from dispatch_service.persistence.tables import dispatch_case

_CASE = dispatch_case.c
SKILL = _CASE.explanation["skill"].astext.label("skill")
"""That whoever does it must have, by the rules that the case was routed by."""
_READ = sa.select(
    _CASE.category, _CASE.assigned_at, _CASE.lon, _CASE.lat, _CASE.responsible_team, _CASE.reinspection, SKILL
).where(_CASE.complaint_id == sa.bindparam("id"), _CASE.tenant == sa.bindparam("tenant"))


@dataclass(frozen=True, slots=True)
class CaseWork:
    """A case as its unit finds it. `point` is where the complaint is, None where only an address is known."""

    category: str | None
    assigned_at: datetime
    point: Point | None
    responsible_team: str | None
    reinspection: Reinspection | None
    skill: str | None


async def read(connection: AsyncConnection, case: Case) -> CaseWork:
    """Return it for a case that is there."""
    row = (await connection.execute(_READ, {"id": case.complaint_id, "tenant": case.tenant})).one()
    return CaseWork(
        category=row.category,
        assigned_at=row.assigned_at,
        point=None if row.lon is None or row.lat is None else (row.lon, row.lat),
        responsible_team=row.responsible_team,
        reinspection=None if row.reinspection is None else Reinspection(row.reinspection),
        skill=row.skill,
    )

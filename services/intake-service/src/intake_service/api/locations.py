"""Saying where a complaint is, after it has come in."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from contracts.lifecycle import TRANSITIONS, EventType
from intake_service.api.schemas import location_of
from intake_service.api.view_schemas import LocationOut
from intake_service.service.locating import Locating
from operations.locations import LocationIn
from operations.problems import invalid
from runtime import etag
from runtime.auth import Caller, require
from runtime.etag import IfMatch
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["complaints"], responses=PROBLEM_RESPONSES)
MayLocate = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.LOCATED].roles))]


class LocatedResult(BaseModel):
    """Where it is now."""

    id: UUID
    location: LocationOut
    outside_area: Annotated[bool, Field(description="Outside the area of the tenant, which its grids make up.")]
    grid: Annotated[str | None, Field(description="That covers it, by the map that intake knows.")]
    community: str | None
    version: int


@router.post("/complaints/{complaint_id}/location")
async def locate_complaint(
    complaint_id: UUID, body: LocationIn, request: Request, response: Response, caller: MayLocate, version: IfMatch
) -> LocatedResult:
    """Set where a complaint is: it came with an address alone, or with a wrong place.

    Until a unit has accepted the case it goes to the unit of the place, unless a dispatcher has chosen another one;
    lists, ledgers and figures count it to the community and grid of the place from now on. An address that is left out
    stays. The same place again changes nothing.
    """
    where = location_of(body)
    if where.lon is None:
        raise invalid("/lon", "coordinates-needed")
    locating: Locating = request.app.state.locating
    located = await locating.locate(complaint_id, caller, where, version)
    response.headers["ETag"] = etag.etag(located.version)
    place, covering = located.location, located.covering
    return LocatedResult(
        id=complaint_id,
        location=LocationOut(
            lon=place.lon,
            lat=place.lat,
            address=place.address,
            given={"lon": place.given_lon, "lat": place.given_lat, "crs": place.given_crs},
        ),
        outside_area=located.outside_area,
        grid=covering.grid if covering else None,
        community=covering.community if covering else None,
        version=located.version,
    )

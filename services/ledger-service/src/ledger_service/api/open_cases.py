"""Open cases as GeoJSON, for maps."""

import asyncio
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from contracts.lifecycle import Status
from ledger_service.api.deps import WORKING, Engine, Staff, sight_of
from ledger_service.api.hotspots import GEOJSON
from ledger_service.api.open_case_schemas import OpenCaseCollection, collection_of
from ledger_service.api.parameters import Category
from ledger_service.domain.disclosure import Sight
from ledger_service.domain.lights import OPEN, Light
from ledger_service.persistence import open_cases
from ledger_service.persistence.open_cases import OpenFilter
from operations.filters import Box, Code
from runtime.clock import now
from runtime.problems import PROBLEM_RESPONSES, Problem

router = APIRouter(tags=["overview"], responses=PROBLEM_RESPONSES)
MOST = 4_000
OpenStatus = StrEnum(  # type: ignore[misc] # mypy wants the names written out; they are those of the state table
    "OpenStatus", [("OPEN", "open"), *((status.name, status.value) for status in Status if status in OPEN)]
)


async def _open_filter(
    status: Annotated[
        list[OpenStatus] | None, Query(max_length=len(OPEN) + 1, description="May be repeated; `open` is all.")
    ] = None,
    category: Category = None,
    community: Code | None = None,
    grid: Code | None = None,
    team: Code | None = None,
    light: Light | None = None,
    bbox: Box = None,
) -> OpenFilter:
    named = {str(each) for each in status or ()} - {"open"}
    statuses = named if named and "open" not in (status or ()) else OPEN
    return OpenFilter(
        statuses=tuple(Status(each) for each in sorted(statuses)),
        category=category,
        community=community,
        grid=grid,
        team=team,
        light=light,
        bbox=bbox,
    )


@router.get(
    "/complaints.geojson",
    response_model=OpenCaseCollection,
    responses={200: {"content": {GEOJSON: {}}, "description": "Points in WGS84."}},
)
async def map_open_cases(
    caller: Staff,
    engine: Engine,
    wanted: Annotated[OpenFilter, Depends(_open_filter)],
    description: Annotated[bool, Query(description="Say what people wrote; not for analysts and admins.")] = False,
    resolution: Annotated[int, Query(ge=4, le=11, description="Of the H3 cells.")] = 8,
    limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
) -> Response:
    """Map the cases that are open: those to be resolved first as points, the others counted in cells of H3.

    A case has its light as dispatch shows it. Who reported it is never said.
    """
    if description and sight_of(caller) is not Sight.ALL:
        raise Problem(403, "access-denied", roles=", ".join(sorted(WORKING)))
    at = now()
    one_snapshot = engine.execution_options(isolation_level="REPEATABLE READ")
    async with one_snapshot.connect() as connection:
        found = await open_cases.find(connection, caller.tenant, wanted, at=at, size=limit)
    body = await asyncio.to_thread(collection_of, found, at=at, described=description, resolution=resolution)
    return Response(body, media_type=GEOJSON)

"""Drawing the grids of a county, and what they were before."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import shapely
from fastapi import APIRouter, Depends, Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.roles import Role
from dispatch_service.api.deps import Engine, ReadEngine, Staff
from dispatch_service.api.grid_schemas import FindingView, GridsBody, RedrawingView
from dispatch_service.api.reference_schemas import GridHistory, GridVersion
from dispatch_service.domain.survey import Finding, flaw_of, survey, turned
from dispatch_service.persistence import county
from dispatch_service.persistence.tables import community, team
from dispatch_service.service.county import GivenGrid, compare, redraw
from dispatch_service.service.directory import Occasion
from operations.problems import all_invalid
from runtime.auth import Caller, require
from runtime.clock import now
from runtime.etag import IfMatch, check, etag
from runtime.problems import PROBLEM_RESPONSES, FieldError, Problem
from runtime.tracing import current_traceparent

router = APIRouter(prefix="/grids", tags=["places and teams"], responses=PROBLEM_RESPONSES)
Admin = Annotated[Caller, Depends(require(Role.ADMIN))]
BODY_LIMIT = 16 * 2**20
"""A thousand grids of two hundred points take about 5 MB as text."""
MOST_POSITIONS = 15_000
"""Of one grid: it is published as one event."""
_SHOWN = 50


@router.put("")
async def draw_grids(
    body: GridsBody,
    response: Response,
    caller: Admin,
    engine: Engine,
    if_match: IfMatch,
    dry_run: Annotated[bool, Query(description="Only say what would change, and what does not fit.")] = False,
    tolerance: Annotated[
        float, Query(ge=0, le=1e9, allow_inf_nan=False, description="Smaller overlaps and gaps are not told, in m².")
    ] = 10.0,
) -> RedrawingView:
    """Put a map of grids in force as a whole: grids that are not in it go out of force 网格划分.

    A grid whose shape, name, community or team differs gets a new version; open cases keep the grid that they were
    routed by. A shape that crosses itself, a code that comes twice, a community or team that is not there: 422, and
    nothing is changed. Overlaps, enclosed gaps and rings drawn the wrong way round are told as findings with their
    place: a point in an overlap goes to the grid with the lower code, one in a gap to the duty desk. With `If-Match`
    (the `ETag` of the answer before, or of a grid's versions), 412 where somebody else was quicker.
    """
    grids, findings = await asyncio.to_thread(examine, body, tolerance)
    async with engine.begin() as connection:
        version = await county.lock(connection, caller.tenant)
        check(if_match, version)
        await _check_references(connection, caller.tenant, grids)
        plan = compare(await county.grids_in_force(connection, caller.tenant), grids)
        if not (dry_run or plan.is_empty):
            occasion = Occasion(caller.tenant, now(), current_traceparent())
            version = await redraw(connection, occasion, grids, plan)
    response.headers["ETag"] = etag(version)
    found = [FindingView.of(finding) for finding in findings]
    return RedrawingView(dry_run=dry_run, version=version, findings=found, **asdict(plan))


@router.get("/{code}/versions")
async def list_versions(
    code: Annotated[str, Path(max_length=64)], response: Response, caller: Staff, engine: ReadEngine
) -> GridHistory:
    """List all versions of a grid as GeoJSON, the newest first: what a case of long ago was routed by."""
    async with engine.connect() as connection:
        rows = await county.grid_versions(connection, caller.tenant, code)
        version = await county.version(connection, caller.tenant)
    if not rows:
        raise Problem(404, "place-not-found")
    response.headers["ETag"] = etag(version)
    return GridHistory(features=[GridVersion.of(row) for row in rows])


def examine(body: GridsBody, tolerance: float) -> tuple[list[GivenGrid], list[Finding]]:
    """Return the grids that the body describes, and what does not fit; 422 for shapes and codes that cannot be."""
    errors, grids, findings = _duplicates(body), list[GivenGrid](), list[Finding]()
    for index, feature in enumerate(body.features):
        facts, area = feature.properties, feature.geometry.area()
        flaw = flaw_of(area)
        if flaw is not None:
            lon, lat = flaw.at or (None, None)
            params = {"reason": flaw.reason, "lon": lon, "lat": lat}
            errors.append(FieldError(f"/features/{index}/geometry", f"shape-{flaw.code}", params))
            continue
        if shapely.count_coordinates(area) > MOST_POSITIONS:
            errors.append(FieldError(f"/features/{index}/geometry", "shape-too-detailed", {"most": MOST_POSITIONS}))
            continue
        area, wrong_way = turned(facts.code, area)
        findings += wrong_way
        grids.append(GivenGrid(facts.code, facts.name, facts.community, facts.team, area))
    _refuse(errors)
    codes, areas = [grid.code for grid in grids], [grid.area for grid in grids]
    return grids, findings + survey(codes, areas, least_square_metres=tolerance)


def _duplicates(body: GridsBody) -> list[FieldError]:
    counts = Counter(feature.properties.code for feature in body.features)
    return [
        FieldError(f"/features/{index}/properties/code", "duplicate-code")
        for index, feature in enumerate(body.features)
        if counts[feature.properties.code] > 1
    ]


async def _check_references(connection: AsyncConnection, tenant: str, grids: Sequence[GivenGrid]) -> None:
    communities = await county.known(connection, community, tenant, {grid.community for grid in grids})
    teams = await county.known(connection, team, tenant, {grid.team for grid in grids})
    errors = []
    for index, grid in enumerate(grids):
        pointer = f"/features/{index}/properties"
        if grid.community not in communities:
            errors.append(FieldError(f"{pointer}/community", "unknown-community"))
        if grid.team not in teams:
            errors.append(FieldError(f"{pointer}/team", "unknown-team"))
    _refuse(errors)


def _refuse(errors: list[FieldError]) -> None:
    if errors:
        raise all_invalid(errors, _SHOWN)

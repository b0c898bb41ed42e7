"""Reading hot spots 热点, and setting what they are found by."""

from dataclasses import asdict
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from ledger_service.api.deps import Administrator, Engine, ReadEngine, Staff
from ledger_service.api.hotspot_problems import hotspot_not_found
from ledger_service.api.hotspot_schemas import (
    HotspotCollection,
    HotspotFeature,
    HotspotStory,
    HotspotView,
    RulesBody,
    RulesView,
)
from ledger_service.api.parameters import Category
from ledger_service.domain.hotspots import State
from ledger_service.persistence import hotspots
from ledger_service.persistence.hotspot_rules import HOTSPOT_RULES
from ledger_service.persistence.hotspots import HotspotFilter
from operations.filters import Box, Code
from operations.pages import Page, Pages
from operations.periods import check_order
from operations.problems import invalid
from runtime.clock import now
from runtime.etag import IfMatch, check, etag
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES
from runtime.types import Instant

router = APIRouter(tags=["hot spots"], responses=PROBLEM_RESPONSES)
GEOJSON = "application/geo+json"
Format = Literal["json", "geojson"]


async def hotspot_filter(
    state: State | None = None,
    category: Category = None,
    community: Code | None = None,
    grid: Code | None = None,
    active_from: Annotated[Instant | None, Query(description="With complaints at or after this moment.")] = None,
    active_to: Annotated[Instant | None, Query(description="With complaints before this moment.")] = None,
    bbox: Box = None,
) -> HotspotFilter:
    """Return what the query asks for; `Problem` 422 for a period that ends too early."""
    check_order(active_from, active_to, "query/active_to")
    return HotspotFilter(
        state=state,
        category=category,
        community=community,
        grid=grid,
        active_from=active_from,
        active_to=active_to,
        bbox=bbox,
    )


@router.get(
    "/hotspots",
    response_model=Page[HotspotView] | HotspotCollection,
    responses={200: {"content": {GEOJSON: {}}, "description": "A page, in the form that was asked for."}},
)
async def list_hotspots(
    request: Request,
    caller: Staff,
    engine: ReadEngine,
    wanted: Annotated[HotspotFilter, Depends(hotspot_filter)],
    form: Annotated[Format, Query(alias="format")] = "json",
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Response:
    """List hot spots, the last detected first, as JSON or as GeoJSON. `bbox` asks where the centre is."""
    pages = Pages(request, caller, "hotspots", asdict(wanted))
    before = pages.after_id(cursor)
    async with engine.connect() as connection:
        found = await hotspots.page(connection, caller.tenant, wanted, before=before, size=limit + 1)
    shown = found[:limit]
    page: HotspotCollection | Page[HotspotView]
    if form == "geojson":
        page = HotspotCollection(features=[HotspotFeature.of(spot) for spot in shown])
    else:
        page = Page(items=[HotspotView.of(spot) for spot in shown])
    response = Response(page.model_dump_json(), media_type=GEOJSON if form == "geojson" else "application/json")
    if len(found) > limit:
        pages.link_next(response, str(shown[-1].id))
    return response


@router.get("/hotspots/{hotspot_id}")
async def show_hotspot(hotspot_id: UUID, response: Response, caller: Staff, engine: ReadEngine) -> HotspotStory:
    """Show a hot spot with what was told of it before."""
    async with engine.connect() as connection:
        spot = await hotspots.find(connection, caller.tenant, hotspot_id)
        if spot is None:
            raise hotspot_not_found()
        changes = await hotspots.changes(connection, caller.tenant, hotspot_id, version=spot.version)
    response.headers["ETag"] = etag(spot.version)
    return HotspotStory.told(spot, changes)


@router.get("/hotspot-rules")
async def show_rules(response: Response, caller: Staff, engine: ReadEngine) -> RulesView:
    """Show what hot spots are found by."""
    async with engine.connect() as connection:
        kept = await HOTSPOT_RULES.read(connection, caller.tenant)
    response.headers["ETag"] = etag(kept.version)
    return RulesView.of(kept)


@router.put("/hotspot-rules")
async def replace_rules(
    body: RulesBody, response: Response, caller: Administrator, engine: Engine, if_match: IfMatch
) -> RulesView:
    """Replace all rules. The next look, within minutes, goes by them."""
    _refuse_flaws(body)
    async with engine.begin() as connection:
        kept = await HOTSPOT_RULES.replace(
            connection,
            caller.tenant,
            body.rules(),
            check_version=lambda version: check(if_match, version),
            actor=caller.subject,
            now=now(),
        )
    response.headers["ETag"] = etag(kept.version)
    return RulesView.of(kept)


def _refuse_flaws(body: RulesBody) -> None:
    if body.baseline_days < 2 * body.window_days:
        raise invalid("/baseline_days", "hotspot-baseline-short")
    seen = set()
    for place, rule in enumerate(body.levels):
        if rule.level in seen:
            raise invalid(f"/levels/{place}/level", "hotspot-level-twice")
        if rule.min_reporters > rule.min_count:
            raise invalid(f"/levels/{place}/min_reporters", "hotspot-reporters-over-count")
        seen.add(rule.level)

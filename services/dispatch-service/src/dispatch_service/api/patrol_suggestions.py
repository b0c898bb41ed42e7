"""Patrols that hot spots suggest: reading them, taking them up, dismissing them."""

from functools import partial
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.api.deps import ReadEngine, Staff
from dispatch_service.api.patrol_changing import Answer, Change
from dispatch_service.api.patrol_problems import problem_of
from dispatch_service.api.patrol_schemas import ReasonBody
from dispatch_service.api.patrol_suggestion_schemas import AcceptanceBody, SuggestionState, SuggestionView
from dispatch_service.api.rosters import Planner
from dispatch_service.domain.patrol_errors import PatrolError
from dispatch_service.persistence import patrol_suggestions
from dispatch_service.service import patrol_suggesting
from operations.filters import Code
from operations.pages import Page, Pages
from runtime.etag import IfMatch, check, etag
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/patrol-suggestions", tags=["suggested patrols"], responses=PROBLEM_RESPONSES)


@router.get("")
async def list_suggestions(
    request: Request,
    response: Response,
    caller: Staff,
    engine: ReadEngine,
    state: SuggestionState | None = None,
    team: Code | None = None,
    community: Code | None = None,
    category: Code | None = None,
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[SuggestionView]:
    """List what hot spots suggest 建议巡查; an open one follows its hot spot until that ends."""
    wanted = {"state": state, "team": team, "community": community, "category": category}
    pages = Pages(request, caller, "patrol-suggestions", wanted)
    last = pages.after(cursor)
    after = None if last is None else UUID(str(last[0]))
    async with engine.connect() as connection:
        rows = await patrol_suggestions.page(connection, caller.tenant, wanted, after=after, size=limit + 1)
    if len(rows) > limit:
        pages.link_next(response, str(rows[limit - 1]["id"]))
    return Page(items=[SuggestionView.of(row) for row in rows[:limit]])


@router.get("/{suggestion_id}")
async def show_suggestion(suggestion_id: UUID, response: Response, caller: Staff, engine: ReadEngine) -> SuggestionView:
    """Show a suggestion."""
    try:
        async with engine.connect() as connection:
            row = await patrol_suggestions.find(connection, caller.tenant, suggestion_id)
    except PatrolError as error:
        raise problem_of(error) from error
    response.headers["ETag"] = etag(row["version"])
    return SuggestionView.of(row)


@router.post("/{suggestion_id}/acceptance", status_code=201, response_model=SuggestionView)
async def accept(
    suggestion_id: UUID, body: AcceptanceBody, caller: Planner, change: Change, if_match: IfMatch
) -> Response:
    """Make a patrol or a plan of it, with the points filled in; `Location` names what was made.

    409 `suggestion-settled` where somebody has decided, or the hot spot has ended. Codes of parts are those of patrols
    and plans.
    """

    async def work(connection: AsyncConnection) -> Answer:
        key = (connection, change.planning(caller), suggestion_id)
        seen = partial(check, if_match)
        if body.patrol is not None:
            made = await patrol_suggesting.accept_as_patrol(*key, body.patrol.facts(), seen)
            return await _shown(connection, caller.tenant, suggestion_id, f"/dispatch/v1/patrols/{made}")
        assert body.plan is not None  # noqa: S101 - the body has one of the two
        made = await patrol_suggesting.accept_as_plan(*key, body.plan.facts(), seen)
        return await _shown(connection, caller.tenant, suggestion_id, f"/dispatch/v1/patrol-plans/{made}")

    return await change.run(caller, work)


@router.post("/{suggestion_id}/dismissal", response_model=SuggestionView)
async def dismiss(
    suggestion_id: UUID, body: ReasonBody, caller: Planner, change: Change, if_match: IfMatch
) -> Response:
    """Say why nobody shall go there. It stays dismissed until the hot spot has ended and comes again."""

    async def work(connection: AsyncConnection) -> Answer:
        by = change.planning(caller)
        await patrol_suggesting.dismiss(connection, by, suggestion_id, body.reason, partial(check, if_match))
        return await _shown(connection, caller.tenant, suggestion_id)

    return await change.run(caller, work)


async def _shown(connection: AsyncConnection, tenant: str, suggestion_id: UUID, location: str | None = None) -> Answer:
    row = await patrol_suggestions.find(connection, tenant, suggestion_id)
    return Answer(SuggestionView.of(row), row["version"], location)

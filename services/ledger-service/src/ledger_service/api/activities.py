"""Recording, correcting, voiding, erasing and reading activities 活动."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.lifecycle import TRANSITIONS, EventType
from contracts.roles import Role
from ledger_service.api.activity_problems import activity_not_found, activity_voided, refuse_flaws
from ledger_service.api.activity_schemas import (
    ActivityBody,
    ActivityView,
    CorrectionBody,
    ErasureBody,
    Kinds,
    KindView,
    VoidingBody,
)
from ledger_service.api.changing import Change
from ledger_service.api.deps import ReadEngine, Staff, sight_of
from ledger_service.api.views import seen
from ledger_service.domain.activity import Act, Activity, ActivityVoided, Erasure, RecordedByAnother, flaws
from ledger_service.domain.activity_kinds import kinds
from ledger_service.persistence import activities
from ledger_service.persistence.activities import ActivityFilter
from ledger_service.service.activities import correct, erase, record, void
from operations.filters import Box, Code
from operations.pages import Page, Pages
from operations.periods import check_order
from operations.problems import invalid
from runtime import clock, etag
from runtime.auth import Caller, require
from runtime.etag import IfMatch
from runtime.ids import uuid7
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES, Problem
from runtime.types import Instant

router = APIRouter(tags=["activities"], responses=PROBLEM_RESPONSES)
_SUPERVISING = (Role.DISPATCHER, Role.SUPERVISOR)
Recorder = Annotated[Caller, Depends(require(Role.OFFICER, Role.INSPECTOR, Role.OPERATOR, *_SUPERVISING))]
Supervisor = Annotated[Caller, Depends(require(Role.SUPERVISOR))]
MayErase = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.ERASED].roles))]
"""Whoever may erase complaints."""


async def activity_filter(
    kind: Code | None = None,
    community: Code | None = None,
    grid: Code | None = None,
    team: Code | None = None,
    happened_from: Annotated[Instant | None, Query(description="Happened at or after this moment.")] = None,
    happened_to: Annotated[Instant | None, Query(description="Happened before this moment.")] = None,
    bbox: Box = None,
    voided: Annotated[bool | None, Query(description="Only those that were voided, or only those that count.")] = None,
) -> ActivityFilter:
    """Return what the query asks for; `Problem` 422 for a kind that there is not and a period that ends too early."""
    if kind is not None and kind not in kinds():
        raise invalid("query/kind", "unknown-activity-kind")
    check_order(happened_from, happened_to, "query/happened_to")
    return ActivityFilter(
        kind=kind,
        community=community,
        grid=grid,
        team=team,
        happened_from=happened_from,
        happened_to=happened_to,
        bbox=bbox,
        voided=voided,
    )


@router.get("/activity-kinds")
async def list_kinds(_: Staff) -> Kinds:
    """List the kinds of activities, each with what its quantity counts."""
    return Kinds(items=[KindView.of(kind) for kind in kinds().values()])


@router.post("/activities", status_code=201, response_model=ActivityView)
async def record_activity(body: ActivityBody, caller: Recorder, change: Change) -> Response:
    """Record what was done beside complaints: an entry of the ledger, sealed as all others."""
    facts = body.facts()
    refuse_flaws(list(flaws(facts, clock.now())))

    async def work(connection: AsyncConnection, act: Act) -> Activity:
        [made] = await record(connection, act, [(uuid7(), facts)])
        return made

    return await change.change(caller, work, is_new=True)


@router.get("/activities")
async def list_activities(
    request: Request,
    response: Response,
    caller: Staff,
    engine: ReadEngine,
    wanted: Annotated[ActivityFilter, Depends(activity_filter)],
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ActivityView]:
    """List activities, the last that happened first. One whose time is corrected meanwhile changes its place."""
    pages = Pages(request, caller, "activities", asdict(wanted))
    before = pages.after_moment(cursor)
    async with engine.connect() as connection:
        found = await activities.page(connection, caller.tenant, wanted, before=before, size=limit + 1)
    shown = pages.cut(response, found, limit, lambda each: (each.facts.happened_at, each.id))
    sight = sight_of(caller)
    return Page(items=[seen(ActivityView.of(each), sight) for each in shown])


@router.get("/activities/{activity_id}")
async def show_activity(activity_id: UUID, response: Response, caller: Staff, engine: ReadEngine) -> ActivityView:
    """Show an activity as it stands. What it was before is told by its entries: `/ledger/v1/entries?subject=…`."""
    async with engine.connect() as connection:
        found = await activities.find(connection, caller.tenant, activity_id)
    if found is None:
        raise activity_not_found()
    response.headers["ETag"] = etag.etag(found.version)
    return seen(ActivityView.of(found), sight_of(caller))


@router.post("/activities/{activity_id}/correction", response_model=ActivityView)
async def correct_activity(
    activity_id: UUID, body: CorrectionBody, caller: Recorder, change: Change, if_match: IfMatch
) -> Response:
    """Say anew what was done, by a further entry; the old one stays.

    Whoever recorded it may, dispatchers and supervisors (403 `activity-of-another`). 409 `activity-voided` where it was
    voided.
    """
    facts = body.facts()
    refuse_flaws(list(flaws(facts, clock.now())))

    async def work(connection: AsyncConnection, act: Act) -> Activity:
        present = await _locked(connection, act.tenant, activity_id, if_match)
        try:
            return await correct(connection, act, present, facts, body.reason, supervises=caller.has(*_SUPERVISING))
        except ActivityVoided as error:
            raise activity_voided(present) from error
        except RecordedByAnother as error:
            raise Problem(403, "activity-of-another") from error

    return await change.change(caller, work)


@router.post("/activities/{activity_id}/voiding", response_model=ActivityView)
async def void_activity(
    activity_id: UUID, body: VoidingBody, caller: Supervisor, change: Change, if_match: IfMatch
) -> Response:
    """Let an activity count no more, by a further entry. 409 `activity-voided` where it was voided before."""

    async def work(connection: AsyncConnection, act: Act) -> Activity:
        present = await _locked(connection, act.tenant, activity_id, if_match)
        try:
            return await void(connection, act, present, body.reason)
        except ActivityVoided as error:
            raise activity_voided(present) from error

    return await change.change(caller, work)


@router.post("/activities/{activity_id}/erasure", response_model=ActivityView)
async def erase_activity(
    activity_id: UUID, body: ErasureBody, caller: MayErase, change: Change, if_match: IfMatch
) -> Response:
    """Erase what was written about an activity: address, evidence, note and reasons, here and in its entries.

    Kind, quantity, people, times, place and team stay, voided or not, and so does every figure. A repeat changes
    nothing, unless the activity was corrected or voided since. It cannot be undone.
    """

    async def work(connection: AsyncConnection, act: Act) -> Activity:
        present = await _locked(connection, act.tenant, activity_id, if_match)
        return await erase(connection, act, present, Erasure(body.ground, body.reason))

    return await change.change(caller, work)


async def _locked(connection: AsyncConnection, tenant: str, activity_id: UUID, if_match: int | None) -> Activity:
    present = await activities.find(connection, tenant, activity_id, lock=True)
    if present is None:
        raise activity_not_found()
    etag.check(if_match, present.version)
    return present

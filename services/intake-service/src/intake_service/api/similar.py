"""Complaints that are probably about the same: for staff, and before filing."""

from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request

from contracts.lifecycle import TRANSITIONS, EventType
from contracts.roles import STAFF
from intake_service.api.deps import Known, seen_by
from intake_service.api.handles import handle
from intake_service.api.similar_schemas import (
    Place,
    ReportedAlready,
    ReportedAlreadyOut,
    SimilarIn,
    SimilarItem,
    SimilarOut,
)
from intake_service.api.view_schemas import LocationOut
from intake_service.api.views import status_label
from intake_service.domain.configuration.reference import Reference
from intake_service.domain.likeness import said
from intake_service.persistence.likeness import CELL_DEGREES
from intake_service.service.asking_limits import AskingLimit
from intake_service.service.similar import Similar, SimilarComplaints, Wanted
from operations.problems import invalid
from runtime.auth import Caller, require
from runtime.problems import PROBLEM_RESPONSES
from runtime.problems.language import preferred_language

router = APIRouter(tags=["duplicates"], responses=PROBLEM_RESPONSES)
Staff = Annotated[Caller, Depends(require(*STAFF))]
Reporting = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.RECEIVED].roles))]

PUBLIC_DAYS, PUBLIC_METRES, PUBLIC_MOST = 60, 300.0, 5
PUBLIC_LEAST = 0.12
"""Below that, `docs/quality.md` says, most of what is found is something else."""


@router.get("/complaints/{complaint_id}/similar")
async def similar_complaints(
    complaint_id: UUID,
    request: Request,
    caller: Staff,
    days: Annotated[int, Query(ge=1, le=365, description="How far back.")] = 90,
    radius: Annotated[int, Query(ge=10, le=2000, description="Metres, where both have a point.")] = 500,
    least: Annotated[float, Query(ge=0, le=1, description="Likeness.")] = 0.05,
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> SimilarOut:
    """Return the complaints that are probably about the same, by words, place and time.

    Whether they are is for a person to say. A complaint is found within seconds; see `indexed_until`.
    """
    row = await seen_by(caller, complaint_id, request)
    search = _search(request)
    wanted = Wanted(
        tenant=caller.tenant,
        text=said(row.description, row.address),
        lon=row.lon,
        lat=row.lat,
        days=days,
        radius=radius,
        least=least,
        limit=limit,
        but=row.id,
    )
    found = await search.find(wanted)
    return SimilarOut(items=[_item(each) for each in found], indexed_until=await search.indexed_until())


@router.post("/similar")
async def reported_already(
    body: SimilarIn, request: Request, caller: Reporting, references: Known
) -> ReportedAlreadyOut:
    """Say, before something is filed, whether it has probably been reported already. Nothing is stored.

    Answers with what everybody may know: what it is about, roughly where, how it stands. What was reported in
    confidence is left out; what was merged is shown by its master, once.
    429 `asked-too-often` beyond thirty times in ten minutes.
    """
    limit: AskingLimit = request.app.state.asking_limit
    limit.take(caller.tenant, caller.subject)
    reference = await references.current(caller.tenant)
    if body.category is not None and body.category not in reference.categories:
        raise invalid("/category", "unknown-category", given=body.category)
    point = body.location.wgs84()
    wanted = Wanted(
        tenant=caller.tenant,
        text=said(body.description, body.location.address),
        lon=point[0] if point else None,
        lat=point[1] if point else None,
        days=PUBLIC_DAYS,
        radius=PUBLIC_METRES,
        least=PUBLIC_LEAST,
        limit=4 * PUBLIC_MOST,
    )
    search = _search(request)
    told = [each for each in await search.find(wanted) if _may_be_known(each.row)]
    shown = [
        each
        for each in await search.of_masters(caller.tenant, told)
        if _may_be_known(each.row) and _may_be_of(each.row, body.category)
    ]
    return ReportedAlreadyOut(items=[_known(each, request, caller, reference) for each in shown[:PUBLIC_MOST]])


def _search(request: Request) -> SimilarComplaints:
    search: SimilarComplaints = request.app.state.similar
    return search


def _item(similar: Similar) -> SimilarItem:
    row = similar.row
    return SimilarItem(
        id=row.id,
        number=row.number,
        status=row.status,
        category=row.category,
        description=row.description,
        location=LocationOut(lon=row.lon, lat=row.lat, address=row.address, given=None),
        unit=row.unit,
        received_at=row.received_at,
        likeness=similar.likeness,
        distance=None if similar.distance is None else round(similar.distance),
        affected=row.affected,
        merged_into=row.merged_into,
    )


def _may_be_known(row: Any) -> bool:
    """Whether others may know of it: neither in confidence nor taken back."""
    return not (row.confidential or row.erased_at is not None or row.status in ("withdrawn", "rejected", "voided"))


def _may_be_of(row: Any, category: str | None) -> bool:
    """Whether it is not of quite another category."""
    top = (category or "").partition(".")[0]
    return not top or row.category is None or bool(row.category.partition(".")[0] == top)


def _known(similar: Similar, request: Request, caller: Caller, reference: Reference) -> ReportedAlready:
    row = similar.row
    language = preferred_language(request.headers.get("accept-language"))
    category = reference.categories.get(row.category or "")
    zone = ZoneInfo(request.app.state.settings.timezone)
    return ReportedAlready(
        handle=handle(request, caller, row.id),
        category=row.category,
        category_label=(category.en if language == "en" else category.zh) if category else None,
        place=Place(lon=_coarse(row.lon), lat=_coarse(row.lat), community=row.community),
        status=row.status,
        status_label=status_label(row.status, language),
        received_on=row.received_at.astimezone(zone).date(),
        likeness=similar.likeness,
        affected=row.affected,
    )


def _coarse(degrees: float | None) -> float | None:
    return None if degrees is None else round((degrees // CELL_DEGREES + 0.5) * CELL_DEGREES, 4)

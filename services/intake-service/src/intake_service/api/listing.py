"""Lists of complaints: what staff look for, and what others have reported themselves."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ValidationError

from contracts.roles import STAFF, Role
from intake_service.api.deps import Known
from intake_service.api.filter_fields import FilterFields
from intake_service.api.listing_schemas import (
    GEOJSON,
    ComplaintCollection,
    ComplaintPage,
    ListedComplaint,
    ListQuery,
    Total,
    feature,
)
from intake_service.api.texts import STATUS_LABELS
from intake_service.api.views import facts_of
from intake_service.domain import search
from intake_service.domain.excerpts import excerpt
from intake_service.persistence import saved_filters
from intake_service.persistence.complaint_filters import ComplaintFilter
from intake_service.persistence.complaint_lists import MOST_COUNTED, Mark
from intake_service.service.listing import Listing, TooBroad
from intake_service.service.references import References
from operations.pages import Pages
from operations.preferences import is_preferred
from runtime.auth import Caller, require
from runtime.problems import PROBLEM_RESPONSES, Problem
from runtime.problems.language import preferred_language
from runtime.problems.validation import problem_of

router = APIRouter(tags=["complaints"], responses=PROBLEM_RESPONSES)
Reader = Annotated[Caller, Depends(require(*STAFF, Role.CITIZEN, Role.PARTNER))]


@router.get(
    "/complaints",
    response_model=ComplaintPage,
    responses={200: {"content": {GEOJSON: {"schema": ComplaintCollection.model_json_schema()}}}},
)
async def list_complaints(
    request: Request, response: Response, caller: Reader, known: Known, query: Annotated[ListQuery, Query()]
) -> Response:
    """List complaints, newest first unless `sort` says otherwise: staff see their tenant's, others their own.

    422 `list-too-broad` where so much would have to be gone through that nobody would wait for it.
    """
    listing: Listing = request.app.state.listing
    wanted = (await with_saved(request, caller, query.filter, query, ("query",))).wanted()
    pages = Pages(request, caller, "complaints", {"caller": caller.subject, **asdict(wanted)})
    after = _mark(pages.after(query.cursor))
    try:
        rows = await listing.page(caller, wanted, phone=None, after=after, size=query.limit + 1)
        total = await listing.count(caller, wanted, phone=None) if query.total else None
    except TooBroad as error:
        raise Problem(422, "list-too-broad") from error
    shown = pages.cut(response, rows, query.limit, lambda row: _position(row, wanted))
    if query.format == "geojson" or (query.format is None and is_preferred(request.headers.get("accept", ""), GEOJSON)):
        return _answer(response, _mapped(request, shown), GEOJSON)
    items = await listed(shown, caller, known, wanted.q)
    told = None if total is None else Total(count=min(total, MOST_COUNTED), more=total > MOST_COUNTED)
    return _answer(response, ComplaintPage.model_construct(items=items, total=told), "application/json")


async def with_saved(
    request: Request, caller: Caller, saved: UUID | None, given: FilterFields, place: tuple[str, ...]
) -> FilterFields:
    """Return the filters that a request gives at `place`, over those of a saved filter that it names.

    Raises Problem: 404 where there is none, 422 where the two do not go together.
    """
    if saved is None:
        return given
    async with request.app.state.read_engine.connect() as connection:
        kept = await saved_filters.find(connection, caller, saved)
    if kept is None:
        raise Problem(404, "saved-filter-not-found")
    try:
        return FilterFields.model_validate({**kept.content, **given.said()})
    except ValidationError as error:
        findings = [{**finding, "loc": (*place, *finding["loc"])} for finding in error.errors(include_input=False)]
        raise problem_of(findings) from error


async def listed(
    rows: Sequence[Any], caller: Caller, known: References, looked_for: str | None
) -> list[ListedComplaint]:
    """Return complaints as a list shows them, with the words that were looked for."""
    terms = search.terms(looked_for) if looked_for is not None else []
    names = await known.namings(caller.tenant, {row.configuration for row in rows})
    return [
        ListedComplaint.model_validate(
            {**facts_of(row, caller, names[row.configuration]), "excerpt": _excerpt(row.description, terms)}
        )
        for row in rows
    ]


def _excerpt(description: str, terms: Sequence[search.Term]) -> dict[str, Any] | None:
    found = excerpt(description, terms) if terms else None
    return None if found is None else found._asdict()


def _answer(response: Response, page: BaseModel, media_type: str) -> Response:
    """Return a page with the link that `response` has been given; what was made here is not checked once more."""
    headers = {"Vary": "Accept, Accept-Language", **response.headers}
    return Response(page.model_dump_json(), media_type=media_type, headers=headers)


def _mapped(request: Request, rows: Sequence[Any]) -> ComplaintCollection:
    """Return the page for a map."""
    is_english = preferred_language(request.headers.get("accept-language")) == "en"
    features = [
        feature(row, STATUS_LABELS.get(row.status, (row.status, row.status))[is_english])
        for row in rows
        if row.lon is not None
    ]
    return ComplaintCollection(features=features)


def _mark(position: Sequence[Any] | None) -> Mark | None:
    if position is None:
        return None
    changed_at, complaint = position
    return (None if changed_at is None else datetime.fromisoformat(changed_at), UUID(complaint))


def _position(row: Any, wanted: ComplaintFilter) -> tuple[str | None, str]:
    return (row.updated_at.isoformat() if wanted.sort.startswith("updated") else None, str(row.id))

"""Complaints as files, a reporter's complaints by their number, and who has had either."""

from contextlib import AsyncExitStack
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from contracts.roles import Role
from intake_service.api.deps import Known
from intake_service.api.filter_fields import FilterFields
from intake_service.api.listing import listed, with_saved
from intake_service.api.listing_schemas import ListedComplaint
from intake_service.api.views import MAY_CONTACT
from intake_service.domain import search
from intake_service.persistence import disclosures, place_names
from intake_service.persistence.complaint_filters import ComplaintFilter
from intake_service.persistence.disclosures import Disclosure, Kind
from intake_service.service.export_forms import MEDIA, Form, columns_of, of_form, writer
from intake_service.service.exporting import Exporting, TooManyRows
from intake_service.service.listing import Listing, TooBroad
from operations.downloads import Busy, Download, file_headers
from operations.pages import Page, Pages
from operations.preferences import Language
from operations.problems import invalid
from runtime.auth import Caller, require
from runtime.clock import now
from runtime.ids import uuid7
from runtime.paging import DEFAULT_LIMIT, MAX_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES, Problem
from runtime.problems.language import preferred_language

router = APIRouter(tags=["complaints"], responses=PROBLEM_RESPONSES)
EXPORTERS = (Role.OPERATOR, Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN)
"""Who may have what people wrote in their own words, which may name somebody, as a file."""
Exporter = Annotated[Caller, Depends(require(*EXPORTERS))]
Contacting = Annotated[Caller, Depends(require(*MAY_CONTACT))]
EXPORTS_PATH = "/intake/v1/exports"
_FILE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": dict.fromkeys((each.partition(";")[0] for each in MEDIA.values()), _FILE),
    }
}


class ExportQuery(FilterFields):
    """Which complaints a file has, and how it looks."""

    filter: Annotated[UUID | None, Field(description="A saved filter, as in the list.")] = None
    reporters: Annotated[
        bool, Field(description="With name, phone and email, for those who may contact reporters.")
    ] = False
    lang: Annotated[Language | None, Field(description="By default as `Accept-Language` says.")] = None


class DisclosureView(BaseModel):
    """Who was given complaints as a file, or looked for a person."""

    id: UUID
    kind: Kind
    actor: str
    at: datetime
    form: str | None
    reporters: Annotated[bool, Field(description="Whether it told who had reported.")]
    filters: dict[str, Any]
    complaints: Annotated[int | None, Field(description="How many were in the file, or were found.")]

    @classmethod
    def of(cls, kept: Disclosure) -> Self:
        """Return a disclosure as it is shown."""
        return cls(**{name: getattr(kept, name) for name in cls.model_fields})


class ReporterQuery(BaseModel):
    """Whose complaints are looked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    phone: Annotated[str, Field(min_length=1, max_length=40, examples=["138 0000 0000"])]
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT


class ReporterComplaints(BaseModel):
    """A reporter's complaints, the newest first."""

    items: list[ListedComplaint]
    more: Annotated[bool, Field(description="There are more than `limit`.")]


@router.get("/complaints.{form}", response_class=Response, responses=FILES)
async def export_complaints(
    form: Form, request: Request, caller: Exporter, query: Annotated[ExportQuery, Query()]
) -> Response:
    """Download the complaints that match, as they are at this moment: CSV, XLSX to print, NDJSON, or a map as GeoJSON.

    Things are called as in the version of the configuration that a complaint was filed under; NDJSON and GeoJSON have
    codes. That it was is kept, see `GET /intake/v1/disclosures`. 413 `complaints-export-too-large` where more match
    than a download has: `POST /intake/v1/exports` has such a file made in the background. 503 `exports-busy` where
    this process makes as many files as it can.
    """
    check_right(caller, reporters=query.reporters)
    fields = await with_saved(request, caller, query.filter, query, ("query",))
    is_english = preferred_language(request.headers.get("accept-language")) == "en"
    language: Language = query.lang or ("en" if is_english else "zh")
    columns = columns_of(reporters=query.reporters)
    async with request.app.state.read_engine.connect() as connection:
        places = await place_names.names_of(connection, caller.tenant)
    look = request.app.state.new_look(
        columns=columns, language=language, places=places, made_at=now(), made_by=caller.subject
    )
    noted = noted_of(caller, "export", fields.given(), reporters=query.reporters, form=form)
    exporting: Exporting = request.app.state.exporting
    async with AsyncExitStack() as held:
        try:
            pieces = await exporting.download(
                caller,
                of_form(form, fields.wanted()),
                writer(form, look),
                noted,
                confidential=caller.has(Role.SUPERVISOR),
                held=held,
            )
        except TooManyRows as error:
            raise _too_large(error.most) from error
        except Busy as error:
            raise Problem(503, "exports-busy", headers={"Retry-After": "5"}) from error
        return Download(pieces, held.pop_all(), file_headers(f"complaints.{form}", language), MEDIA[form])


@router.post("/complaints/of-reporter")
async def find_by_phone(body: ReporterQuery, request: Request, caller: Contacting, known: Known) -> ReporterComplaints:
    """Find the complaints of whoever has this number, the newest first; that it was looked for is kept.

    It is a POST, so that no number stands in an address. Those of reporters who wish to be known to as few as possible
    are found by supervisors only.
    """
    mark = search.phone(body.phone)
    if mark is None:
        raise invalid("/phone", "phone-invalid")
    listing: Listing = request.app.state.listing
    wanted = ComplaintFilter(confidential=None if caller.has(Role.SUPERVISOR) else False)
    try:
        rows = await listing.page(caller, wanted, phone=mark, after=None, size=body.limit + 1)
    except TooBroad as error:
        raise Problem(422, "list-too-broad") from error
    noted = noted_of(
        caller, "phone", {"phone": _masked(body.phone)}, reporters=True, complaints=len(rows[: body.limit])
    )
    async with request.app.state.engine.begin() as connection:
        await disclosures.add(connection, noted)
    items = await listed(rows[: body.limit], caller, known, None)
    return ReporterComplaints(items=items, more=len(rows) > body.limit)


@router.get("/disclosures")
async def list_disclosures(
    request: Request, response: Response, caller: Exporter, cursor: CursorText = None, limit: Limit = DEFAULT_LIMIT
) -> Page[DisclosureView]:
    """List who was given complaints as files or looked for a person: administrators see all, others their own."""
    actor = None if caller.has(Role.ADMIN) else caller.subject
    pages = Pages(request, caller, "disclosures", {"actor": actor})
    before = pages.after_id(cursor)
    async with request.app.state.read_engine.connect() as connection:
        found = await disclosures.page(connection, caller.tenant, actor=actor, before=before, size=limit + 1)
    return Page(items=[DisclosureView.of(each) for each in pages.cut(response, found, limit, lambda each: each.id)])


def _too_large(limit: int) -> Problem:
    extra = {"limit": limit, "exports": EXPORTS_PATH}
    return Problem(413, "complaints-export-too-large", extra=extra, limit=limit, exports=EXPORTS_PATH)


def check_right(caller: Caller, *, reporters: bool, confidential: bool = False) -> None:
    """Raise `Problem` 403 where a file tells who reported, and the caller may not know that."""
    may = (Role.SUPERVISOR,) if confidential else sorted(MAY_CONTACT)
    if reporters and not caller.has(*may):
        raise Problem(403, "access-denied", roles=", ".join(may))


def noted_of(
    caller: Caller,
    kind: Kind,
    filters: dict[str, Any],
    *,
    reporters: bool,
    form: Form | None = None,
    complaints: int | None = None,
) -> Disclosure:
    """Return the disclosure that is kept of a file, or of a look for a number."""
    return Disclosure(
        id=uuid7(),
        tenant=caller.tenant,
        actor=caller.subject,
        at=now(),
        kind=kind,
        reporters=reporters,
        filters=filters,
        form=form,
        complaints=complaints,
    )


def _masked(phone: str) -> str:
    """Return a number as a record may have it: its end, by which who knows it can tell that it was looked for."""
    return f"…{phone.strip()[-4:]}"

"""Drafts: reports that go on later, seen by nobody but who began them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.lifecycle import TRANSITIONS, EventType
from intake_service.api.devices import DeviceId, digest_of
from intake_service.api.receipts import receipt
from intake_service.api.reports import RECEIPT
from intake_service.api.schemas import ComplaintIn, Description, ReportFields, SourceCode
from intake_service.persistence import drafts
from intake_service.persistence.drafts import Submitting
from intake_service.service.accept import Intake
from intake_service.service.accept import Once as Key
from intake_service.service.drafting import Drafting
from operations.locations import LocationIn
from operations.once import Once
from operations.pages import Page, Pages
from runtime import clock, etag
from runtime.auth import Caller, require
from runtime.etag import IfMatch
from runtime.idempotency import IdempotencyKey, StoredAnswer, request_hash
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES
from runtime.problems.validation import problem_of

PATH = "/intake/v1/drafts"
router = APIRouter(prefix="/drafts", tags=["drafts"], responses=PROBLEM_RESPONSES)
Drafter = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.RECEIVED].roles))]


class DraftIn(ReportFields):
    """What is known of a report so far: any of its fields, each as the finished report would have it.

    In a change, null takes a field out; `attachments` and `attributes` are emptied instead, and `kind` stays some kind.
    """

    source: SourceCode | None = None
    description: Description | None = None
    location: LocationIn | None = None

    def said(self) -> dict[str, Any]:
        """Return the fields that were given, as JSON."""
        return self.model_dump(mode="json", exclude_unset=True)


class DraftKept(BaseModel):
    """A draft that is kept until `expires_at`, counted from its last change."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    expires_at: datetime


class DraftView(DraftKept):
    """A draft as its owner left it."""

    report: Annotated[dict[str, Any], Field(description="What is known so far, fields as of `POST /complaints`.")]


async def _drafting(request: Request) -> Drafting:
    drafting: Drafting = request.app.state.drafting
    return drafting


Store = Annotated[Drafting, Depends(_drafting)]


def _kept(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in DraftKept.model_fields}


def _view(row: Any) -> DraftView:
    return DraftView(**_kept(row), report=row.body)


@router.post("", status_code=201, responses={201: {"model": DraftKept}}, response_class=Response)
async def create_draft(body: DraftIn, caller: Drafter, store: Store, once: Once) -> Response:
    """Keep what is known of a report so far. It is no complaint: nobody else sees it, and nobody acts on it."""

    async def work(connection: AsyncConnection) -> StoredAnswer:
        said = {name: value for name, value in body.said().items() if value is not None}
        row = await store.read(connection, caller, await store.begin(connection, caller, said))
        answer = DraftKept(**_kept(row)).model_dump_json()
        return StoredAnswer(201, answer, {"Location": f"{PATH}/{row.id}", "ETag": etag.etag(row.version)})

    return await once.run(caller, work)


@router.get("")
async def list_drafts(
    request: Request,
    response: Response,
    caller: Drafter,
    store: Store,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[DraftView]:
    """List the caller's own drafts, newest first."""
    pages = Pages(request, caller, "drafts", {"caller": caller.subject})
    before = pages.after_id(cursor)
    async with store.engine.connect() as connection:
        rows = await drafts.page(connection, caller, clock.now(), before, limit + 1)
    return Page(items=[_view(row) for row in pages.cut(response, rows, limit, lambda row: row.id)])


@router.get("/{draft_id}")
async def read_draft(draft_id: UUID, response: Response, caller: Drafter, store: Store) -> DraftView:
    """Read a draft of one's own, to go on with it."""
    async with store.engine.connect() as connection:
        row = await store.read(connection, caller, draft_id)
    response.headers["ETag"] = etag.etag(row.version)
    return _view(row)


@router.patch("/{draft_id}")
async def change_draft(
    draft_id: UUID, body: DraftIn, response: Response, caller: Drafter, store: Store, version: IfMatch
) -> DraftView:
    """Replace the fields that are given, and take out those that are null; the others stay."""
    row = await store.change(caller, draft_id, body.said(), version)
    response.headers["ETag"] = etag.etag(row.version)
    return _view(row)


@router.delete("/{draft_id}", status_code=204)
async def delete_draft(draft_id: UUID, caller: Drafter, store: Store, version: IfMatch) -> None:
    """Forget a draft, and what it says."""
    await store.discard(caller, draft_id, version)


@router.post("/{draft_id}/submission", status_code=201, responses={201: RECEIPT}, response_class=Response)
async def submit_draft(
    draft_id: UUID,
    request: Request,
    caller: Drafter,
    store: Store,
    key: IdempotencyKey,
    version: IfMatch,
    device: DeviceId,
) -> Response:
    """File the draft as a complaint, once, by the rules of `POST /complaints`; it is no draft any more then.

    With an `Idempotency-Key` a repeat gets the first receipt; without one, 409 with the number of the complaint.
    """
    intake: Intake = request.app.state.intake
    once = Key(key, request_hash("POST", request.scope["path"], b"")) if key else None
    if once and (known := await intake.answered(caller, once)):
        return receipt(known)
    async with store.engine.connect() as connection:
        row = await store.read(connection, caller, draft_id)
    etag.check(version, row.version)
    try:
        report = ComplaintIn.model_validate(row.body).to_report()
    except ValidationError as error:
        findings = [{**finding, "loc": ("body", *finding["loc"])} for finding in error.errors(include_input=False)]
        raise problem_of(findings) from None
    submitting = Submitting(row.id, row.version)
    return receipt(await intake.accept(report, caller, once, draft=submitting, device=digest_of(device, caller)))

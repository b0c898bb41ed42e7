"""The triage queue 甄别: complaints that are unclear, out of scope, abusive or suspected spam."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.lifecycle import TRANSITIONS, EventType
from intake_service.api.deps import Engine, ReadEngine
from intake_service.api.triage_schemas import (
    QueueQuery,
    ReleaseIn,
    TriageCounts,
    TriageDetail,
    TriageIn,
    TriageItem,
)
from intake_service.persistence import triage
from intake_service.service import triaging
from operations.once import Once
from operations.pages import Page, Pages
from runtime import clock, etag
from runtime.auth import Caller, require
from runtime.etag import IfMatch
from runtime.idempotency import StoredAnswer
from runtime.problems import PROBLEM_RESPONSES, Problem

router = APIRouter(tags=["triage"], responses=PROBLEM_RESPONSES)
Triaging = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.CLEARED].roles))]


@router.get("/triage")
async def list_queue(
    request: Request, response: Response, caller: Triaging, engine: ReadEngine, query: Annotated[QueueQuery, Query()]
) -> Page[TriageItem]:
    """List what somebody should look at, what came in first before the rest."""
    wanted = query.wanted()
    pages = Pages(request, caller, "triage", {"caller": caller.subject, **asdict(wanted)})
    after = pages.after_id(query.cursor)
    async with engine.connect() as connection:
        rows = await triage.page(connection, caller.tenant, wanted, caller.subject, after=after, size=query.limit + 1)
    shown = pages.cut(response, rows, query.limit, lambda row: row.complaint_id)
    return Page(items=[TriageItem.of(row) for row in shown])


@router.get("/triage/counts")
async def count_queue(caller: Triaging, engine: ReadEngine) -> TriageCounts:
    """Count what waits: in all, held, claimed, by reason, and since when."""
    async with engine.connect() as connection:
        return TriageCounts.of(await triage.counts(connection, caller.tenant, clock.now()))


@router.get("/triage/{complaint_id}")
async def show_item(complaint_id: UUID, response: Response, caller: Triaging, engine: ReadEngine) -> TriageDetail:
    """Show a complaint of the queue, also one that has left it, with what happened to it there."""
    return await _shown(engine, complaint_id, caller, response)


@router.post("/triage/{complaint_id}/claim")
async def claim_item(
    complaint_id: UUID, response: Response, caller: Triaging, engine: Engine, version: IfMatch
) -> TriageDetail:
    """Say that you look at it, so that nobody else does; 409 `triage-claimed` where somebody has said so."""
    await triaging.claim(engine, complaint_id, caller, version)
    return await _shown(engine, complaint_id, caller, response)


@router.delete("/triage/{complaint_id}/claim")
async def give_up_item(
    complaint_id: UUID, response: Response, caller: Triaging, engine: Engine, version: IfMatch
) -> TriageDetail:
    """Say that you look at it no longer; a supervisor may say so for others."""
    await triaging.give_up(engine, complaint_id, caller, version)
    return await _shown(engine, complaint_id, caller, response)


@router.post("/triage/{complaint_id}/release")
async def release_item(
    complaint_id: UUID, body: ReleaseIn, response: Response, caller: Triaging, engine: Engine, version: IfMatch
) -> TriageDetail:
    """Let a complaint go on that is a matter for the units; what was held goes to its unit now, and that once.

    Of two that do it at once the second gets 409 `triage-settled`.
    """
    await triaging.release(engine, complaint_id, caller, body.note, version)
    return await _shown(engine, complaint_id, caller, response)


@router.post("/complaints/{complaint_id}/triage", status_code=201, response_model=TriageDetail)
async def put_into_queue(complaint_id: UUID, body: TriageIn, caller: Triaging, once: Once) -> Response:
    """Put a complaint into the queue by hand, for others to look at; the work on it goes on."""

    async def work(connection: AsyncConnection) -> StoredAnswer:
        await triaging.put(connection, complaint_id, caller, body.reason, body.note)
        item = await _detail(connection, complaint_id, caller)
        headers = {"Location": f"/intake/v1/triage/{complaint_id}", "ETag": etag.etag(item.version)}
        return StoredAnswer(201, item.model_dump_json(), headers)

    return await once.run(caller, work)


async def _shown(engine: AsyncEngine, complaint_id: UUID, caller: Caller, response: Response) -> TriageDetail:
    async with engine.connect() as connection:
        item = await _detail(connection, complaint_id, caller)
    response.headers["ETag"] = etag.etag(item.version)
    return item


async def _detail(connection: AsyncConnection, complaint_id: UUID, caller: Caller) -> TriageDetail:
    row = await triage.find(connection, caller.tenant, complaint_id)
    if row is None:
        raise Problem(404, "triage-item-not-found")
    return TriageDetail.of(row)

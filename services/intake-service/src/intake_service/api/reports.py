"""POST: one complaint, or a batch."""

import asyncio
import json
from collections.abc import Awaitable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from contracts.lifecycle import TRANSITIONS, EventType
from intake_service.api.devices import DeviceId, digest_of
from intake_service.api.receipts import receipt
from intake_service.api.report_forms import REPORT_FORM, create_with_files
from intake_service.api.report_reading import read_report
from intake_service.api.schemas import BatchIn, BatchItem, BatchResult, ComplaintAccepted, ComplaintIn, WarningOut
from intake_service.service.accept import Intake, Once
from runtime.auth import Caller, require
from runtime.http.route import takes_form
from runtime.idempotency import IdempotencyKey, request_hash
from runtime.outages import is_outage
from runtime.problems import PROBLEM_RESPONSES, response_to

router = APIRouter(tags=["complaints"], responses=PROBLEM_RESPONSES)
Reporting = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.RECEIVED].roles))]
DryRun = Annotated[bool, Query(description="Only say what is wrong with each.")]
RECEIPT = {"model": ComplaintAccepted, "description": "Accepted and durable"}


@router.post(
    "/complaints",
    status_code=201,
    responses={201: RECEIPT},
    response_class=Response,
    openapi_extra=REPORT_FORM,
)
@takes_form(create_with_files)
async def create_complaint(
    body: ComplaintIn, request: Request, caller: Reporting, key: IdempotencyKey, device: DeviceId
) -> Response:
    """Accept a complaint.

    Once this answers 201 the complaint is durable: it will be dispatched and entered in the ledger, whatever fails.
    With an `Idempotency-Key` a repeat gets the first answer. Without a `category` one is suggested
    from the description: it is taken where the model is sure enough (see `taken_from` of `/categories/suggest`), else
    left open for the operators. As a form, the JSON is the part `complaint`, and files are parts that are named by
    their roles (`near`, `far`, `reference`, `before`, `after`, `other`, or `file`): the receipt is for all of it, or
    nothing is kept.
    """
    once = Once(key, request_hash("POST", request.scope["path"], await request.body())) if key else None
    accepted = await _intake(request).accept(body.to_report(), caller, once, device=digest_of(device, caller))
    return receipt(accepted)


@router.post("/complaints/batch", response_model=BatchResult)
async def create_complaints(
    body: BatchIn,
    request: Request,
    caller: Reporting,
    key: IdempotencyKey,
    device: DeviceId,
    dry_run: DryRun = False,
) -> BatchResult:
    """Accept up to 500 complaints, each for itself: the answer has a result per item, in order.

    With an `Idempotency-Key`, item *i* is repeated safely under it; items with an `external_ref` are never doubled.
    With `dry_run`, nothing is accepted: each item gets the problem that it would, or 200. Attachments, how much a
    reporter may file, and repeats among the items are looked at only where they are accepted.
    """
    if dry_run:
        checks = [_check_item(index, item, request, caller) for index, item in enumerate(body.items)]
        results = [await _answer(index, request, check) for index, check in enumerate(checks)]
        return BatchResult(created=0, refused=sum(result.status != 200 for result in results), items=results)
    digest = digest_of(device, caller)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_answer(index, request, _accept_item(index, item, request, caller, key, digest)))
            for index, item in enumerate(body.items)
        ]
    results = [task.result() for task in tasks]
    created = sum(result.status == 201 for result in results)
    return BatchResult(created=created, refused=len(results) - created, items=results)


async def _accept_item(
    index: int, item: dict[str, Any], request: Request, caller: Caller, key: str | None, device: bytes | None
) -> BatchItem:
    once = Once(f"{key}#{index}", request_hash("POST", request.scope["path"], _canonical(item))) if key else None
    accepted = await _intake(request).accept(read_report(item), caller, once, device=device)
    complaint = json.loads(accepted.answer)
    return BatchItem(index=index, status=201, complaint=complaint, warnings=complaint.get("warnings", []))


async def _check_item(index: int, item: dict[str, Any], request: Request, caller: Caller) -> BatchItem:
    warnings = await _intake(request).check(read_report(item), caller)
    return BatchItem(index=index, status=200, warnings=[WarningOut(**each) for each in warnings])


async def _answer(index: int, request: Request, answering: Awaitable[BatchItem]) -> BatchItem:
    """Return an item's answer: where it is refused or fails, the one that it would have got alone."""
    try:
        return await answering
    except Exception as error:
        if is_outage(error):
            raise
        answer = response_to(error, request)
    return BatchItem(index=index, status=answer.status_code, problem=json.loads(bytes(answer.body)), warnings=[])


def _canonical(item: dict[str, Any]) -> bytes:
    return json.dumps(item, sort_keys=True).encode()


def _intake(request: Request) -> Intake:
    intake: Intake = request.app.state.intake
    return intake

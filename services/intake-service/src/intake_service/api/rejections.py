"""Rejecting complaints 不予受理, and the templates of what their reporters are advised."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from contracts.lifecycle import TRANSITIONS, EventType
from intake_service.api.deps import Administrator, Engine, ReadEngine, Staff
from intake_service.api.rejection_schemas import RejectionIn, RejectionResult, TemplatesBody, TemplatesView
from intake_service.domain.rejection import flaws_of_text
from intake_service.persistence.rejection_templates import TEMPLATES
from intake_service.service.ending import end
from intake_service.service.rejecting import Rejection, rejection_of
from intake_service.service.voices import Voice
from operations.problems import all_invalid
from runtime import etag
from runtime.auth import Caller, require
from runtime.clock import now
from runtime.etag import IfMatch
from runtime.problems import PROBLEM_RESPONSES, FieldError

router = APIRouter(tags=["triage"], responses=PROBLEM_RESPONSES)
Rejecting = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.REJECTED].roles))]


@router.post(
    "/complaints/{complaint_id}/rejection",
    responses={202: {"model": RejectionResult, "description": "Asked for; dispatch has not decided yet"}},
)
async def reject_complaint(
    complaint_id: UUID, body: RejectionIn, response: Response, caller: Rejecting, engine: Engine, version: IfMatch
) -> RejectionResult:
    """Reject a complaint that is none for the county's units, until one of them has accepted it.

    The reporter reads the advice where they follow it. Dispatch decides, so that a rejection and an officer's
    acceptance never both win: 200 once it is rejected, 409 with the present state where a unit was quicker, 202 where
    the decision takes longer than five seconds (ask again with the same body).
    """
    advice = None if body.advice is None else (body.advice.zh, body.advice.en)
    wanted = Rejection(body.reason, body.template, body.department, advice, body.note)
    ending = await rejection_of(engine, complaint_id, caller.tenant, wanted)
    result = await end(engine, complaint_id, Voice(caller, "operator"), ending, version)
    response.status_code = 200 if result.state == "done" else 202
    response.headers["ETag"] = etag.etag(result.version)
    outcome = "rejected" if result.state == "done" else "requested"
    return RejectionResult(id=complaint_id, status=result.status, rejection=outcome, version=result.version)


@router.get("/rejection-templates")
async def show_templates(response: Response, caller: Staff, engine: ReadEngine) -> TemplatesView:
    """Show the templates that operators may choose from."""
    async with engine.connect() as connection:
        kept = await TEMPLATES.read(connection, caller.tenant)
    response.headers["ETag"] = etag.etag(kept.version)
    return TemplatesView.of(kept)


@router.put("/rejection-templates")
async def replace_templates(
    body: TemplatesBody, response: Response, caller: Administrator, engine: Engine, if_match: IfMatch
) -> TemplatesView:
    """Replace the templates as a whole. What was advised before stays as it was."""
    errors = [
        FieldError(f"/templates/{place}/{language}", code, {"given": given})
        for place, each in enumerate(body.templates)
        for language, text in (("zh", each.zh), ("en", each.en))
        for code, given in flaws_of_text(text)
    ]
    if errors:
        raise all_invalid(errors)
    async with engine.begin() as connection:
        kept = await TEMPLATES.replace(
            connection,
            caller.tenant,
            body.to_templates(),
            check_version=lambda version: etag.check(if_match, version),
            actor=caller.subject,
            now=now(),
        )
    response.headers["ETag"] = etag.etag(kept.version)
    return TemplatesView.of(kept)

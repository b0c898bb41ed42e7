"""Merging complaints that tell of the same 并案, and taking them apart."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from contracts.lifecycle import TRANSITIONS, EventType
from intake_service.api.deps import Engine
from intake_service.api.schemas import Reason, Request
from intake_service.service.merging import merge, unmerge
from runtime import etag
from runtime.auth import Caller, require
from runtime.etag import IfMatch
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["duplicates"], responses=PROBLEM_RESPONSES)
Merging = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.MERGED].roles))]
Why = Annotated[Reason, Field(description="Why; staff read it.")]


class MergeIn(Request):
    """What stands for both from now on."""

    into: UUID
    reason: Why


class UnmergeIn(Request):
    """Why it is a matter of its own."""

    reason: Why


class MergeResult(BaseModel):
    """`merged`, `unmerged`, or `requested` while dispatch has not decided yet."""

    id: UUID
    status: str
    merge: Literal["merged", "unmerged", "requested"]
    version: int


@router.post(
    "/complaints/{complaint_id}/merge",
    responses={202: {"model": MergeResult, "description": "Asked for; dispatch has not decided yet"}},
)
async def merge_complaint(
    complaint_id: UUID, body: MergeIn, response: Response, caller: Merging, engine: Engine, version: IfMatch
) -> MergeResult:
    """Merge a complaint into another, its master, until a unit has accepted it.

    The master is worked on for both: its followers and attachments are joined by those of this one, whose reporter
    sees the master's progress. Dispatch decides, so that a merge and an officer's acceptance never both win: 200 once
    it is merged, 409 with the present state where a unit was quicker, 202 where the decision takes longer than five
    seconds (ask again with the same body). 409 `merge-underway` where a merge of the master, or one into this
    complaint, waits for that decision. 409 `merge-loses-order` where a superior has ordered this one, and the master
    has no order or a later deadline. Should the master end without being handled, this one is sent on anew.
    """
    result = await merge(engine, complaint_id, caller, body.into, body.reason, version)
    response.status_code = 200 if result.state == "done" else 202
    response.headers["ETag"] = etag.etag(result.version)
    merged = "merged" if result.state == "done" else "requested"
    return MergeResult(id=complaint_id, status=result.status, merge=merged, version=result.version)


@router.post("/complaints/{complaint_id}/unmerge")
async def unmerge_complaint(
    complaint_id: UUID, body: UnmergeIn, response: Response, caller: Merging, engine: Engine, version: IfMatch
) -> MergeResult:
    """Make a merged complaint a matter of its own again: it has its attachments back, and its unit gets it anew.

    409 `not-merged` unless it is merged.
    """
    result = await unmerge(engine, complaint_id, caller, body.reason, version)
    response.headers["ETag"] = etag.etag(result.version)
    return MergeResult(id=complaint_id, status=result.status, merge="unmerged", version=result.version)

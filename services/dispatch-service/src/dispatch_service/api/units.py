"""Who does a case: conferences of units, supporting units and what they contribute."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from contracts.lifecycle import TRANSITIONS, EventType
from contracts.roles import Role
from dispatch_service.api.acting import Acting
from dispatch_service.api.case_schemas import CaseDetail
from dispatch_service.api.deps import TenantClockworks
from dispatch_service.api.life_schemas import ConferenceBody, ContributionBody
from dispatch_service.api.places import CodeInPath
from dispatch_service.service import conferences, supporting
from runtime.auth import Caller, require
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/cases/{complaint_id}", tags=["units"], responses=PROBLEM_RESPONSES)

Assigner = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.ASSIGNED].roles))]
Officer = Annotated[Caller, Depends(require(Role.OFFICER))]


@router.post("/conference", response_model=CaseDetail)
async def hold_conference(
    complaint_id: UUID, body: ConferenceBody, caller: Assigner, acting: Acting, clockworks: TenantClockworks
) -> Response:
    """Record a conference 会商 of units that do not agree, and give the case to the team that it has named.

    Its supporting teams replace those before. The case cannot be returned in this round any more.
    """
    work = partial(conferences.hold, conference=body.conference(), clockworks=clockworks)
    return await acting.run(caller, complaint_id, body.note, work)


@router.put("/support/{team}", response_model=CaseDetail)
async def add_support(complaint_id: UUID, team: CodeInPath, caller: Assigner, acting: Acting) -> Response:
    """Let a team support 协办 the case; nothing changes where it does already."""
    return await acting.run(caller, complaint_id, None, partial(supporting.add, team=team))


@router.delete("/support/{team}", response_model=CaseDetail)
async def remove_support(complaint_id: UUID, team: CodeInPath, caller: Assigner, acting: Acting) -> Response:
    """Let a team support the case no longer; 404 `unknown-support` where it does not."""
    return await acting.run(caller, complaint_id, None, partial(supporting.remove, team=team))


@router.post("/contributions", response_model=CaseDetail)
async def contribute(complaint_id: UUID, body: ContributionBody, caller: Officer, acting: Acting) -> Response:
    """Add what one's team has done for the case, as the leading team or a supporting one; only the lead resolves it.

    With `part_done` a supporting team's part is over, and the case leaves its worklist until another round. 403
    `not-involved` for officers of other teams, 409 `lead-resolves` for a part of the lead's.
    """
    work = partial(supporting.contribute, contribution=body.contribution())
    return await acting.run(caller, complaint_id, None, work)

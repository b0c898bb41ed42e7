"""What is done to many cases at once and needs less said of each than the single action."""

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.limits import Grade
from dispatch_service.domain.requests import RequestKind
from dispatch_service.persistence import requests as stored
from dispatch_service.service import actions, requests
from dispatch_service.service.acting import Action, lock
from dispatch_service.service.clockworks import Clockworks


async def grade(connection: AsyncConnection, action: Action, *, grade: Grade, clockworks: Clockworks) -> None:
    """Give a case another grade, as an assignment to the team that has it. Raises CaseNotFound, ActionConflict."""
    case = await lock(connection, action)
    await actions.assign(connection, action, case.team, grade=grade, clockworks=clockworks)


async def decide(
    connection: AsyncConnection, action: Action, *, kind: RequestKind, approved: bool, clockworks: Clockworks
) -> None:
    """Decide on the open request of that kind about a case.

    Raises CaseNotFound, RequestNotFound, OwnRequest, RequestOutdated, ActionConflict.
    """
    case = await lock(connection, action)
    request_id = await stored.find_open(connection, case.tenant, case.complaint_id, kind)
    await requests.decide(connection, action, kind, request_id, approved=approved, clockworks=clockworks)

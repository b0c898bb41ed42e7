"""Supervision orders 督办: a supervisor demands, the unit answers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import ComplaintEscalated, SupervisionOrder
from contracts.lifecycle import EventType
from dispatch_service.domain.errors import RequestSettled
from dispatch_service.domain.requests import check_end
from dispatch_service.domain.standing import stage_of
from dispatch_service.persistence import case_clocks, cases, requests
from dispatch_service.service.acting import Action, announce_action, lock, lock_own
from runtime.ids import uuid7


async def order(connection: AsyncConnection, action: Action, text: str, deadline: datetime) -> None:
    """Give the unit an order with a deadline of its own. Raises CaseNotFound, EndOutOfRange, ActionConflict."""
    case = await lock(connection, action)
    check_end("deadline", action.now, deadline)
    case.check_with_unit(EventType.ESCALATED)
    case.act(EventType.ESCALATED)
    known = await case_clocks.read(connection, case.tenant, case.complaint_id)
    given = SupervisionOrder(id=uuid7(), deadline=deadline, text=text)
    row = {
        **given.model_dump(),
        "tenant": case.tenant,
        "complaint_id": case.complaint_id,
        "ordered_by": action.actor,
        "ordered_at": action.now,
    }
    await requests.add_order(connection, row)
    await cases.save(connection, case, action.now)
    escalated = ComplaintEscalated(
        stage=stage_of(case.status).value,
        team=case.team,
        promised_at=known.clock.promised_at if known.clock else None,
        order=given,
        actor=action.actor,
    )
    await announce_action(connection, case, EventType.ESCALATED, escalated, action)


async def reply(connection: AsyncConnection, action: Action, order_id: UUID, text: str) -> None:
    """Answer an order for the unit, once. Raises NotYourTeam, CaseNotFound, RequestNotFound, RequestSettled."""
    case = await lock_own(connection, action)
    given = await requests.lock_order(connection, case.tenant, case.complaint_id, order_id)
    if given["reply"] is not None:
        raise RequestSettled
    await requests.reply(connection, order_id, text=text, actor=action.actor, now=action.now)

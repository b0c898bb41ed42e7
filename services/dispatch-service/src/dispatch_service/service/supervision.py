"""Supervision orders 督办: a supervisor demands, the unit answers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import ComplaintEscalated, OrderReplied, OrderWithdrawn, SupervisionOrder
from contracts.lifecycle import EventType
from dispatch_service.domain.case import Case
from dispatch_service.domain.errors import RequestSettled
from dispatch_service.domain.requests import check_end
from dispatch_service.domain.standing import stage_of
from dispatch_service.persistence import case_clocks, cases, requests
from dispatch_service.persistence.rows import Row
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
        warn_at=known.clock.warn_at if known.clock else None,
        order=given,
        actor=action.actor,
    )
    await announce_action(connection, case, EventType.ESCALATED, escalated, action)


async def reply(connection: AsyncConnection, action: Action, order_id: UUID, text: str) -> None:
    """Answer an order for the unit, once; after its deadline the answer is late. The case keeps its version.

    Raises NotYourTeam, CaseNotFound, RequestNotFound, RequestSettled.
    """
    case = await lock_own(connection, action)
    given = await _lock_running(connection, case, order_id)
    at = max(action.moment, given["ordered_at"])
    await requests.reply(connection, order_id, text=text, actor=action.actor, now=at)
    replied = OrderReplied(
        actor=action.actor,
        team=case.team,
        order_id=order_id,
        text=text,
        late=at > given["deadline"],
        replied_at=at if action.done_at else None,
    )
    case.tell(EventType.ORDER_REPLIED)
    await cases.save(connection, case, action.now)
    await announce_action(connection, case, EventType.ORDER_REPLIED, replied, action)


async def withdraw(connection: AsyncConnection, action: Action, order_id: UUID, reason: str) -> None:
    """Expect no answer to an order any more. Raises CaseNotFound, RequestNotFound, RequestSettled."""
    case = await lock(connection, action)
    await _lock_running(connection, case, order_id)
    await requests.withdraw(connection, order_id, reason=reason, actor=action.actor, now=action.now)
    case.act(EventType.ORDER_WITHDRAWN)
    await cases.save(connection, case, action.now)
    withdrawn = OrderWithdrawn(order_id=order_id, team=case.team, reason=reason, actor=action.actor)
    await announce_action(connection, case, EventType.ORDER_WITHDRAWN, withdrawn, action)


async def _lock_running(connection: AsyncConnection, case: Case, order_id: UUID) -> Row:
    """Return an order that waits for its answer, locked. Raises RequestNotFound, RequestSettled."""
    given = await requests.lock_order(connection, case.tenant, case.complaint_id, order_id)
    if given["reply"] is not None or given["withdrawn_at"] is not None:
        raise RequestSettled
    return given

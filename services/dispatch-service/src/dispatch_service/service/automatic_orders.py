"""Gives supervision orders by rule 自动督办, to all cases of a batch whose timers have fired."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import SupervisionOrder
from contracts.lifecycle import Status
from dispatch_service.domain.clocks import Timer
from dispatch_service.domain.limits import Stage
from dispatch_service.domain.supervision import deadlines_of, text_of
from dispatch_service.persistence import automatic_orders
from dispatch_service.persistence.automatic_orders import AutomaticOrder
from dispatch_service.persistence.timers import DueTimer
from dispatch_service.service.clockworks import Clockworks
from runtime.ids import uuid7


async def give(
    connection: AsyncConnection, clockworks: Clockworks, fired: Sequence[tuple[DueTimer, Sequence[Timer]]]
) -> Mapping[tuple[UUID, Timer], SupervisionOrder]:
    """Give what the levels that were announced of locked cases bring, by the rules of their tenants.

    One statement for all of them. A case that another department has gets none, as by hand: its unit can do nothing.
    Returns the orders by case and timer.
    """
    moments = {(due.case.tenant, due.now) for due, _ in fired}
    works = await clockworks.of(connection, {tenant for tenant, _ in moments})
    deadlines = {
        (tenant, now): deadlines_of(clockworks.supervision(tenant), works[tenant], now) for tenant, now in moments
    }
    wanted = {
        (due.case.complaint_id, timer): AutomaticOrder(
            uuid7(), due.case, timer.level, text_of(timer.level), deadline, due.now
        )
        for due, announced in fired
        for timer in announced
        if timer.stage is Stage.RESOLVE
        and due.case.status is not Status.TRANSFERRED
        and (deadline := deadlines[due.case.tenant, due.now].get(timer.level)) is not None
    }
    if not wanted:
        return {}
    given = await automatic_orders.give(connection, [*wanted.values()])
    return {
        key: SupervisionOrder(id=each.id, deadline=each.deadline, text=each.text)
        for key, each in wanted.items()
        if each.id in given
    }

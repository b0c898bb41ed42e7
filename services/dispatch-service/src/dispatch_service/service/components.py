"""Says which component 部件 a case is about; that is dispatch's own, and never published."""

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.life_errors import UnknownComponent
from dispatch_service.persistence import cases, components
from dispatch_service.service.acting import Action, lock, lock_kept


async def link(connection: AsyncConnection, action: Action, code: str | None) -> None:
    """Let a case be about a component, or about none, whatever its state; nothing happens where it is already.

    Raises CaseNotFound, CaseErased, UnknownComponent.
    """
    case = await (lock if code is None else lock_kept)(connection, action)
    if code is not None and not await components.hold(connection, case.tenant, code):
        raise UnknownComponent
    if code != case.component:
        case.version += 1
        await cases.save(connection, case, action.now, component=code)

"""Where the work on a case was started."""

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import Place
from dispatch_service.domain.attendance import FARTHEST_METRES, metres_between
from dispatch_service.domain.case import Case
from dispatch_service.domain.life_errors import StartFarAway
from dispatch_service.persistence import case_work
from dispatch_service.service.attendance import far_away


async def distance_of(connection: AsyncConnection, case: Case, position: Place | None) -> int | None:
    """Return how many metres from the complaint a position is; None where one of the two has no coordinates.

    Raises StartFarAway for one that is far from the complaint and from every grid: it must be an error.
    """
    if position is None or position.lon is None or position.lat is None:
        return None
    at = (position.lon, position.lat)
    point = (await case_work.read(connection, case)).point
    metres = None if point is None else metres_between(at, point)
    is_far = metres is None or metres > FARTHEST_METRES
    if is_far and await far_away(connection, case.tenant, [at]):
        raise StartFarAway
    return None if metres is None else round(metres)

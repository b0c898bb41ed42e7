"""The end of the work on a case, whoever has done it."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import ComplaintResolved, HandlingMode
from contracts.lifecycle import EventType
from dispatch_service.domain.case import Case
from dispatch_service.domain.photos import Photo
from dispatch_service.persistence import cases, requests
from dispatch_service.service.acting import Action, announce_action


async def conclude(
    connection: AsyncConnection,
    action: Action,
    case: Case,
    *,
    handling_mode: HandlingMode,
    result: str,
    photos: Sequence[Photo],
    photos_needed: bool = False,
    **facts: object,
) -> None:
    """Write and publish the result of a locked case that is resolved; what was asked for and is not decided is dropped.

    `facts` are further columns of the case.
    """
    await requests.drop_open(connection, case, action.actor, action.now)
    await cases.save(
        connection,
        case,
        action.now,
        resolved_at=action.moment,
        handling_mode=handling_mode,
        result=result,
        photos=[photo.row() for photo in photos],
        reinspection=None,
        rectify_until=None,
        responsible_team=None,
        **facts,
    )
    resolved = ComplaintResolved(
        actor=action.actor,
        team=case.team,
        note=action.note,
        handling_mode=handling_mode,
        result=result,
        photos=tuple(photo.id for photo in photos) or None,
        photos_needed=photos_needed,
        resolved_at=action.done_at,
    )
    await announce_action(connection, case, EventType.RESOLVED, resolved, action)

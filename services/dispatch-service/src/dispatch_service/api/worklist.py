"""What an officer has to do, for devices that are online now and then."""

from datetime import datetime, timedelta
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from contracts.lifecycle import Status
from contracts.roles import Role
from dispatch_service.api.deps import ReadEngine
from dispatch_service.api.near import Near
from dispatch_service.domain.clocks import Light
from dispatch_service.domain.coverage import DETOUR
from dispatch_service.domain.limits import Grade
from dispatch_service.domain.standing import standing_of
from dispatch_service.persistence import cases, worklists
from dispatch_service.persistence.rows import Row
from dispatch_service.persistence.worklists import Place, place_of
from operations.pages import Pages
from runtime.auth import Caller, require
from runtime.clock import now
from runtime.paging import CursorText, Limit, Position
from runtime.problems import PROBLEM_RESPONSES, Problem
from runtime.types import Instant

router = APIRouter(prefix="/worklist", tags=["in the field"], responses=PROBLEM_RESPONSES)
FARTHEST_BACK = timedelta(days=30)
MOST_GONE = 1_000
_OVERLAP = timedelta(minutes=1)
"""What was changed before the list was read is committed by then."""


class WorkItem(BaseModel):
    """A case in few bytes: `summary` is the begin of the description, `walk_metres` the way on foot from `near`.

    `team` leads 主办; `role` says whether that is one of the officer's teams, or one of these supports it 协办.
    """

    complaint_id: UUID
    number: str
    status: Status
    version: int
    round: int
    team: str
    role: Literal["lead", "supporting"]
    assignee: str | None
    officer: str | None
    category: str | None
    grade: Grade
    summary: str
    lon: float | None
    lat: float | None
    address: str | None
    walk_metres: int | None
    promised_at: datetime | None
    light: Light | None

    @classmethod
    def of(cls, row: Row, at: datetime) -> Self:
        """Return the item of a row of `worklists.page`."""
        metres = row["metres"]
        walk = None if metres is None else round(metres * DETOUR)
        return cls.model_validate({**row, "walk_metres": walk, "light": standing_of(row, at).light})


class Worklist(BaseModel):
    """One page of a worklist. A device removes what is `gone`, then puts in the `items`.

    `updated_after` is what to ask for the next time. Where `teams` are others than the time before, the device asks
    for the whole list.
    """

    items: list[WorkItem]
    gone: list[UUID]
    teams: list[str]
    updated_after: datetime


@router.get("")
async def show_worklist(
    request: Request,
    response: Response,
    caller: Annotated[Caller, Depends(require(Role.OFFICER))],
    engine: ReadEngine,
    near: Near = None,
    mine: Annotated[bool, Query(description="Only what is for the caller, or for nobody yet.")] = False,
    updated_after: Annotated[
        Instant | None, Query(description="Only what has changed since, from `updated_after` of the answer before.")
    ] = None,
    cursor: CursorText = None,
    limit: Limit = 100,
) -> Worklist:
    """List what the caller's teams have to do 待办: red, yellow, green, then suspended; in each the nearest first.

    Cases that they lead, and those that they support until their part is done.

    With `updated_after` only what has changed since, and in `gone` what is not theirs any more (on the first page).
    409 `worklist-outdated` where that was too long ago (30 days), or more than 1,000 cases have gone.
    """
    pages = Pages(
        request, caller, "worklist", {"subject": caller.subject, "near": near, "mine": mine, "since": updated_after}
    )
    subject = caller.subject if mine else None
    last = pages.after(cursor)
    at, after = (now(), None) if last is None else _place(*last)
    async with engine.connect() as connection:
        teams = await cases.teams_of(connection, caller.tenant, caller.subject)
        gone: list[UUID] = []
        if updated_after is not None and after is None:
            if updated_after < at - FARTHEST_BACK:
                raise Problem(409, "worklist-outdated")
            found = await worklists.gone(
                connection, caller.tenant, teams, subject=subject, since=updated_after, size=MOST_GONE + 1
            )
            gone = list(found)
        rows = await worklists.page(
            connection,
            caller.tenant,
            teams,
            subject=subject,
            near=near,
            since=updated_after,
            at=at,
            after=after,
            size=limit + 1,
        )
    if len(gone) > MOST_GONE:
        raise Problem(409, "worklist-outdated")
    if len(rows) > limit:
        end = place_of(rows[limit - 1])
        pages.link_next(response, at.isoformat(), end.band, end.metres, end.due.isoformat(), str(end.complaint_id))
    items = [WorkItem.of(row, at) for row in rows[:limit]]
    return Worklist(items=items, gone=gone, teams=sorted(teams), updated_after=at - _OVERLAP)


def _place(at: Position, band: Position, metres: Position, due: Position, case: Position) -> tuple[datetime, Place]:
    place = Place(int(str(band)), int(str(metres)), datetime.fromisoformat(str(due)), UUID(str(case)))
    return datetime.fromisoformat(str(at)), place

"""The query parameters that narrow down a list of cases."""

from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator

from contracts.lifecycle import ENDED, Status
from dispatch_service.api.near import Near
from dispatch_service.domain.clocks import Light
from dispatch_service.domain.limits import Grade
from dispatch_service.domain.rectification import Reinspection
from dispatch_service.domain.standing import GOING_ON, OPEN
from dispatch_service.persistence.case_lists import CaseFilter, Escalation, Order, Supervision
from operations.filters import Box, Code
from operations.problems import invalid
from runtime.types import Instant, saying_something

ME = "me"
Number = Annotated[Code, AfterValidator(saying_something)]
_OF_WORK: frozenset[Order] = frozenset({"deadline", "distance"})
"""Orders for work that is still to be done."""
_ORDERS = (
    "`received`: newest first; `deadline`: what was promised for the earliest time first; `distance`: nearest first;"
    " `reinspection`: cases whose rectification waits to be inspected, those that are due first. By deadline and by"
    " distance, open cases are listed unless a status is given; not closed or withdrawn ones."
)


async def case_filter(
    status: Annotated[list[Status] | None, Query(max_length=len(Status), description="May be repeated.")] = None,
    number: Annotated[Number | None, Query(description="The whole number of the complaint.")] = None,
    team: Code | None = None,
    grid: Code | None = None,
    community: Code | None = None,
    category: Code | None = None,
    source: Code | None = None,
    component: Annotated[Code | None, Query(description="Code of the component that it is about.")] = None,
    bbox: Box = None,
    updated_after: Annotated[Instant | None, Query(description="Changed after this moment.")] = None,
    received_from: Annotated[Instant | None, Query(description="Received at or after this moment.")] = None,
    received_to: Annotated[Instant | None, Query(description="Received before this moment.")] = None,
    grade: Grade | None = None,
    light: Annotated[Light | None, Query(description="Against the promised time.")] = None,
    overdue: Annotated[bool | None, Query(description="Beyond the promised time, or not.")] = None,
    escalation: Annotated[
        Escalation | None, Query(description="The level that was announced of a stage which is not over, in per cent.")
    ] = None,
    supporting: Annotated[Code | None, Query(description="Code of a team that supports the lead.")] = None,
    reinspection: Annotated[Reinspection | None, Query(description="Where an order of rectification stands.")] = None,
    supervision: Annotated[
        Supervision | None,
        Query(
            description="`open`: with a supervision order without a reply; `overdue`: and its deadline is over. Cases"
            " that have ended are left out, unless a status is given."
        ),
    ] = None,
    unknown_photos: Annotated[
        bool | None, Query(description="With photos named in the work that intake does not have, or without such.")
    ] = None,
    assignee: Annotated[
        str | None, Query(min_length=1, max_length=200, description="Who it is for, by subject; `me` is the caller.")
    ] = None,
    mine: Annotated[
        bool, Query(description="Only cases of the caller's own teams that are for the caller or for nobody yet.")
    ] = False,
    near: Near = None,
    sort: Annotated[Order, Query(description=_ORDERS)] = "received",
) -> CaseFilter:
    """Return what the query asks for; `Problem` 422 where it asks for distances from nowhere.

    Ended cases have no order by deadline or distance: there may be millions of them, and nothing is left to hurry for.
    """
    if sort == "distance" and near is None:
        raise invalid("query/near", "near-missing")
    wanted = set(status or (OPEN if sort in _OF_WORK else GOING_ON if supervision else ()))
    if sort in _OF_WORK and wanted & ENDED:
        raise invalid("query/status", "ended-not-sorted", sort=sort)
    return CaseFilter(
        statuses=tuple(sorted(wanted)),
        number=number,
        team=team,
        grid=grid,
        community=community,
        category=category,
        source=source,
        component=component,
        bbox=bbox,
        updated_after=updated_after,
        received_from=received_from,
        received_to=received_to,
        grade=grade,
        light=light,
        overdue=overdue,
        escalation=escalation,
        assignee=assignee,
        mine=mine,
        near=near,
        supporting=supporting,
        reinspection=reinspection,
        supervision=supervision,
        unknown_photos=unknown_photos,
        sort=sort,
    )

"""The register of components 部件: manhole covers, street lamps, bins; and which of them a case is about."""

from dataclasses import asdict
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from contracts.roles import Role
from dispatch_service.api.acting import Acting
from dispatch_service.api.case_schemas import CaseDetail
from dispatch_service.api.case_schemas import Code as CodeInBody
from dispatch_service.api.changing import NEW, Change
from dispatch_service.api.deps import ReadEngine, Staff
from dispatch_service.api.near import Near
from dispatch_service.api.place_schemas import ComponentBody
from dispatch_service.api.places import CodeInPath
from dispatch_service.api.post_sites import put_sited
from dispatch_service.api.reference_schemas import ComponentState, ComponentView, ListedComponent
from dispatch_service.persistence import components, county
from dispatch_service.persistence.components import ComponentFilter
from dispatch_service.service.components import link
from dispatch_service.service.directory import COMPONENT
from operations.filters import Box, Code
from operations.pages import Page, Pages
from operations.problems import invalid
from runtime.auth import Caller, require
from runtime.etag import etag
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES, Problem

router = APIRouter(tags=["components"], responses=PROBLEM_RESPONSES)
AROUND_METRES = 200
Handler = Annotated[
    Caller, Depends(require(Role.OPERATOR, Role.INSPECTOR, Role.OFFICER, Role.DISPATCHER, Role.SUPERVISOR))
]
"""Whoever works with cases."""


class ComponentOfCase(BaseModel):
    """The code of a component."""

    model_config = ConfigDict(extra="forbid")

    code: CodeInBody


async def _filter(
    class_code: Code | None = None,
    owner: Annotated[Code | None, Query(description="Code of a department.")] = None,
    state: ComponentState | None = None,
    bbox: Box = None,
    near: Near = None,
    metres: Annotated[int | None, Query(ge=1, le=5_000, description="Up to how far from `near`; 200.")] = None,
) -> ComponentFilter:
    """Return what the query asks for; `Problem` 422 where it asks for a distance from nowhere."""
    if metres is not None and near is None:
        raise invalid("query/near", "near-missing")
    return ComponentFilter(
        class_code=class_code, owner=owner, state=state, bbox=bbox, near=near, metres=metres or AROUND_METRES
    )


@router.get("/components")
async def list_components(
    request: Request,
    response: Response,
    caller: Staff,
    engine: ReadEngine,
    wanted: Annotated[ComponentFilter, Depends(_filter)],
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ListedComponent]:
    """List components in the order of their codes, or what is `near`: the nearest first, with the distance."""
    pages = Pages(request, caller, "components", asdict(wanted))
    last = pages.after(cursor)
    after = None if last is None else (None if last[0] is None else int(str(last[0])), str(last[1]))
    async with engine.connect() as connection:
        rows = await components.page(connection, caller.tenant, wanted, after=after, size=limit + 1)
    if len(rows) > limit:
        end = rows[limit - 1]
        pages.link_next(response, end.get("distance_metres"), end["code"])
    return Page(items=[ListedComponent.model_validate(row) for row in rows[:limit]])


@router.get("/components/{code}")
async def show_component(code: CodeInPath, response: Response, caller: Staff, engine: ReadEngine) -> ComponentView:
    """Show a component; the `ETag` is the version of the county's data."""
    async with engine.connect() as connection:
        version = await county.version(connection, caller.tenant)
        row = await components.find(connection, caller.tenant, code)
    if row is None:
        raise Problem(404, "place-not-found")
    response.headers["ETag"] = etag(version)
    return ComponentView.model_validate(row)


@router.put("/components/{code}", responses=NEW)
async def put_component(code: CodeInPath, body: ComponentBody, response: Response, change: Change) -> ComponentView:
    """Add a component or change it as a whole. 422 `position-far-away` for a point more than 50 km from every grid."""
    row, _ = await put_sited(change, COMPONENT, code, body.row(), response)
    return ComponentView.model_validate(row)


@router.delete("/components/{code}", status_code=204)
async def remove_component(code: CodeInPath, change: Change) -> None:
    """Strike a component off the register. 409 `place-in-use` while a case is about it: give it the state `removed`."""
    await change.remove(COMPONENT, code)


@router.put("/cases/{complaint_id}/component", response_model=CaseDetail)
async def link_component(complaint_id: UUID, body: ComponentOfCase, caller: Handler, acting: Acting) -> Response:
    """Say which component a case is about, whatever its state; another one takes the place of the one before.

    A transfer that names no department goes to its owner. 409 `complaint-erased` where an erasure has taken what says
    where it was.
    """
    return await acting.run(caller, complaint_id, None, partial(link, code=body.code))


@router.delete("/cases/{complaint_id}/component", response_model=CaseDetail)
async def unlink_component(complaint_id: UUID, caller: Handler, acting: Acting) -> Response:
    """Say that a case is about no component, or none that is in the register."""
    return await acting.run(caller, complaint_id, None, partial(link, code=None))

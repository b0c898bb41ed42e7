"""Officers as data: their roles in activities and their skills; and the make-up of teams."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from dispatch_service.api.case_schemas import Code
from dispatch_service.api.changing import NEW, Change
from dispatch_service.api.deps import ReadEngine, Staff
from dispatch_service.api.officer_schemas import ActivityRole, OfficerBody, OfficerView, PatternBody, PatternView
from dispatch_service.api.place_schemas import Subject
from dispatch_service.persistence import county, officers, team_patterns
from dispatch_service.service.directory import OFFICER
from dispatch_service.service.keeping import set_pattern
from operations.pages import Page, Pages
from runtime.etag import etag
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES, Problem

router = APIRouter(tags=["places and teams"], responses=PROBLEM_RESPONSES)
SubjectInPath = Annotated[Subject, Path(description="Of the officer's token.")]


@router.get("/officers")
async def list_officers(
    request: Request,
    response: Response,
    caller: Staff,
    engine: ReadEngine,
    team: Code | None = None,
    skill: Code | None = None,
    role: ActivityRole | None = None,
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[OfficerView]:
    """List officers in the order of their subjects: all, those of a team, with a skill, or with a role."""
    wanted = {"team": team, "skill": skill, "role": role}
    pages = Pages(request, caller, "officers", wanted)
    (last,) = pages.after(cursor) or ("",)
    async with engine.connect() as connection:
        rows = await officers.page(connection, caller.tenant, wanted, after=str(last), size=limit + 1)
    if len(rows) > limit:
        pages.link_next(response, rows[limit - 1]["subject"])
    return Page(items=[OfficerView.model_validate(row) for row in rows[:limit]])


@router.get("/officers/{subject}")
async def show_officer(subject: SubjectInPath, response: Response, caller: Staff, engine: ReadEngine) -> OfficerView:
    """Show an officer; the `ETag` is the version of the county's data."""
    async with engine.connect() as connection:
        version = await county.version(connection, caller.tenant)
        row = await officers.find(connection, caller.tenant, subject)
    if row is None:
        raise Problem(404, "officer-not-found")
    response.headers["ETag"] = etag(version)
    return OfficerView.model_validate(row)


@router.put("/officers/{subject}", responses=NEW)
async def put_officer(
    subject: SubjectInPath, body: OfficerBody, response: Response, change: Change, engine: ReadEngine
) -> OfficerView:
    """Register an officer or change what they can do, as a whole. Which teams they are in, the teams say."""
    row = await change.put(OFFICER, subject, body.model_dump(), response)
    async with engine.connect() as connection:
        teams = await officers.teams_of(connection, row["tenant"], subject)
    return OfficerView.model_validate({**row, "teams": teams})


@router.delete("/officers/{subject}", status_code=204)
async def remove_officer(subject: SubjectInPath, change: Change) -> None:
    """Strike an officer off the register; they stay a member of their teams."""
    await change.remove(OFFICER, subject, missing="officer-not-found")


@router.get("/team-pattern")
async def show_pattern(response: Response, caller: Staff, engine: ReadEngine) -> PatternView:
    """Show how many members of each role a team shall have; the `ETag` is the version of the county's data."""
    async with engine.connect() as connection:
        version = await county.version(connection, caller.tenant)
        roles = await team_patterns.pattern_of(connection, caller.tenant)
    response.headers["ETag"] = etag(version)
    return PatternView.model_validate({"roles": roles})


@router.put("/team-pattern")
async def put_pattern(body: PatternBody, response: Response, change: Change) -> PatternView:
    """Set the make-up of teams. Teams that differ are told by `pattern_gaps` in the list of teams, and not refused."""
    version = await change.run(lambda connection, occasion: set_pattern(connection, occasion, dict(body.roles)))
    response.headers["ETag"] = etag(version)
    return PatternView(roles=body.roles)

"""Keeping communities, teams and posts: each is put as a whole, and removed only where nothing refers to it."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from dispatch_service.api.changing import NEW, Change
from dispatch_service.api.deps import ReadEngine
from dispatch_service.api.place_schemas import CODE_PATTERN, CommunityBody, PostBody, TeamBody
from dispatch_service.api.post_sites import put_sited
from dispatch_service.api.reference_schemas import CommunityView, KeptPostView, TeamView
from dispatch_service.persistence import team_patterns
from dispatch_service.service.directory import COMMUNITY, POST, TEAM
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["places and teams"], responses=PROBLEM_RESPONSES)
CodeInPath = Annotated[str, Path(pattern=CODE_PATTERN, description="Small letters, digits, . _ -")]


@router.put("/communities/{code}", responses=NEW)
async def put_community(code: CodeInPath, body: CommunityBody, response: Response, change: Change) -> CommunityView:
    """Add a community or change it as a whole."""
    return CommunityView.model_validate(await change.put(COMMUNITY, code, body.model_dump(), response))


@router.delete("/communities/{code}", status_code=204)
async def remove_community(code: CodeInPath, change: Change) -> None:
    """Remove a community. 409 `place-in-use` while a team, a post or any version of a grid belongs to it."""
    await change.remove(COMMUNITY, code)


@router.put("/teams/{code}", responses=NEW)
async def put_team(
    code: CodeInPath, body: TeamBody, response: Response, change: Change, engine: ReadEngine
) -> TeamView:
    """Add a team or change it as a whole, its members with it: who is not named is no member any more."""
    row = await change.put(TEAM, code, body.model_dump(), response)
    async with engine.connect() as connection:
        pattern = await team_patterns.pattern_of(connection, row["tenant"])
    return TeamView.of(row, row["members"], pattern)


@router.delete("/teams/{code}", status_code=204)
async def remove_team(code: CodeInPath, change: Change) -> None:
    """Remove a team. 409 `place-in-use` while it has a case, supports one or has any version of a grid.

    So while duties are planned for it that are not over, and for the duty desk.
    """
    await change.remove(TEAM, code)


@router.put("/posts/{code}", responses=NEW)
async def put_post(code: CodeInPath, body: PostBody, response: Response, change: Change) -> KeptPostView:
    """Add a key post, a station, a kiosk or a guide point, or change it as a whole.

    422 `position-far-away` for a point more than 50 km from every grid, `grid-elsewhere` for a grid of another
    community. A point outside of its grid is told in `findings`.
    """
    row, findings = await put_sited(change, POST, code, body.row(), response)
    return KeptPostView.model_validate({**row, "findings": findings})


@router.delete("/posts/{code}", status_code=204)
async def remove_post(code: CodeInPath, change: Change) -> None:
    """Remove a post, a station, a kiosk or a guide point."""
    await change.remove(POST, code)

"""Keeping communities, teams and posts: each is put as a whole, and removed only where nothing refers to it."""

from collections.abc import Mapping
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Response
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.roles import Role
from dispatch_service.api.deps import Engine
from dispatch_service.api.place_schemas import CommunityBody, PostBody, TeamBody
from dispatch_service.api.reference_schemas import CommunityView, PostView, TeamView
from dispatch_service.domain.routing import DUTY_DESK
from dispatch_service.persistence import county
from dispatch_service.persistence.tables import community, grid, post, team
from operations.problems import invalid
from runtime.auth import Caller, require
from runtime.etag import IfMatch, check, etag
from runtime.problems import PROBLEM_RESPONSES, Problem

router = APIRouter(tags=["places and teams"], responses=PROBLEM_RESPONSES)
CodeInPath = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$", description="Small letters, digits, . _ -")]


class _Change:
    """A change of one row, one after the other with all changes of the county."""

    def __init__(self, caller: Caller, engine: AsyncEngine, if_match: int | None) -> None:
        self._tenant = caller.tenant
        self._engine = engine
        self._if_match = if_match

    async def put(self, table: sa.Table, code: str, values: Mapping[str, Any], response: Response) -> dict[str, Any]:
        """Write a row and return it; 201 where it is new. `members` of a team are written beside it."""
        row = dict(values)
        members = row.pop("members", None)
        async with self._engine.begin() as connection:
            check(self._if_match, await county.lock(connection, self._tenant))
            await self._check_references(connection, row)
            is_new = await county.put(connection, table, self._key(code), row)
            if members is not None:
                await county.put_members(connection, self._tenant, code, members)
            version = await county.touch(connection, self._tenant)
        response.headers["ETag"] = etag(version)
        response.status_code = 201 if is_new else 200
        return {"code": code, "generated": False, **row}

    async def remove(self, table: sa.Table, code: str) -> None:
        """Remove a row; 404 where there is none, 409 where others refer to it."""
        try:
            async with self._engine.begin() as connection:
                check(self._if_match, await county.lock(connection, self._tenant))
                if table is team:
                    await county.put_members(connection, self._tenant, code, [])
                if not await county.remove(connection, table, self._key(code)):
                    raise Problem(404, "place-not-found")
                if table is team and await self._is_needed(connection, code):
                    raise Problem(409, "place-in-use")
                await county.touch(connection, self._tenant)
        except IntegrityError as error:  # a foreign key: grids of all times, posts, teams
            raise Problem(409, "place-in-use") from error

    async def _is_needed(self, connection: AsyncConnection, code: str) -> bool:
        """Say whether a team has to stay; asked after its row was removed, so that no case is on its way to it."""
        return code == DUTY_DESK or await county.has_cases(connection, self._tenant, code)

    async def _check_references(self, connection: AsyncConnection, row: Mapping[str, Any]) -> None:
        for name, table in (("community", community), ("grid", grid)):
            code = row.get(name)
            if code is not None and not await county.known(connection, table, self._tenant, [code]):
                raise invalid(f"/{name}", f"unknown-{name}")

    def _key(self, code: str) -> dict[str, str]:
        return {"tenant": self._tenant, "code": code}


async def _change(
    caller: Annotated[Caller, Depends(require(Role.ADMIN))], engine: Engine, if_match: IfMatch
) -> _Change:
    return _Change(caller, engine, if_match)


Change = Annotated[_Change, Depends(_change)]
_NEW: dict[int | str, dict[str, Any]] = {201: {"description": "It is new."}}


@router.put("/communities/{code}", responses=_NEW)
async def put_community(code: CodeInPath, body: CommunityBody, response: Response, change: Change) -> CommunityView:
    """Add a community or change it as a whole."""
    return CommunityView.model_validate(await change.put(community, code, body.model_dump(), response))


@router.delete("/communities/{code}", status_code=204)
async def remove_community(code: CodeInPath, change: Change) -> None:
    """Remove a community. 409 `place-in-use` while a team, a post or any version of a grid belongs to it."""
    await change.remove(community, code)


@router.put("/teams/{code}", responses=_NEW)
async def put_team(code: CodeInPath, body: TeamBody, response: Response, change: Change) -> TeamView:
    """Add a team or change it as a whole, its members with it: who is not named is no member any more."""
    row = await change.put(team, code, body.model_dump(), response)
    return TeamView.of(row, [member.model_dump() for member in body.members])


@router.delete("/teams/{code}", status_code=204)
async def remove_team(code: CodeInPath, change: Change) -> None:
    """Remove a team. 409 `place-in-use` while it has a case or any version of a grid, and for the duty desk."""
    await change.remove(team, code)


@router.put("/posts/{code}", responses=_NEW)
async def put_post(code: CodeInPath, body: PostBody, response: Response, change: Change) -> PostView:
    """Add a key post, a station, a kiosk or a guide point, or change it as a whole."""
    return PostView.model_validate(await change.put(post, code, body.row(), response))


@router.delete("/posts/{code}", status_code=204)
async def remove_post(code: CodeInPath, change: Change) -> None:
    """Remove a post, a station, a kiosk or a guide point."""
    await change.remove(post, code)

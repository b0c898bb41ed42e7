"""Working on the configuration: a draft, its check, its publication, and the versions there were."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from intake_service.api.configuration_problems import refusal_of
from intake_service.api.configuration_schemas import (
    CheckView,
    DifferenceView,
    DraftView,
    PublicationBody,
    RepublishedView,
    VersionView,
    WholeVersionView,
)
from intake_service.api.deps import Administrator, Engine, Known, ReadEngine, Staff
from intake_service.domain.configuration.differences import differences
from intake_service.domain.configuration.items import Configuration
from intake_service.persistence.configurations import VERSIONS
from intake_service.service import configuring
from intake_service.service.configuring import BadConfiguration, NoDraft, NothingNew
from intake_service.service.telling import Occasion
from operations.once import Once
from operations.pages import Page, Pages
from runtime.auth import Caller
from runtime.clock import now
from runtime.etag import IfMatch, check, etag
from runtime.idempotency import StoredAnswer
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES, Problem
from runtime.tracing import current_traceparent

router = APIRouter(prefix="/configuration", tags=["configuration"], responses=PROBLEM_RESPONSES)
BODY_LIMIT = 4 * 2**20
"""Two thousand categories with a few questions each."""
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
_VERSION = Query(ge=1, le=2**31 - 1)


def occasion_of(caller: Caller) -> Occasion:
    """Return who changes something now."""
    return Occasion(caller.tenant, caller.subject, now(), current_traceparent())


@router.get("/draft")
async def show_draft(response: Response, caller: Staff, engine: ReadEngine, references: Known) -> DraftView:
    """Show the draft, or what is in force where there is none yet."""
    async with engine.connect() as connection:
        kept = await configuring.draft_of(connection, caller.tenant)
    response.headers["ETag"] = etag(kept.version)
    return DraftView.of(kept, (await references.current(caller.tenant)).version)


@router.put("/draft")
async def replace_draft(
    body: Configuration,
    response: Response,
    caller: Administrator,
    engine: Engine,
    references: Known,
    if_match: IfMatch,
) -> DraftView:
    """Replace the draft as a whole; reports go on to be judged by what is published.

    A configuration that contradicts itself is refused with all its flaws, each with its place, and the draft stays as
    it was. What is above a category is a part of its code, so there are no circles.
    """
    try:
        async with engine.begin() as connection:
            kept = await configuring.put_draft(
                connection, occasion_of(caller), body, check_version=partial(check, if_match)
            )
    except BadConfiguration as error:
        raise refusal_of(error.flaws) from error
    response.headers["ETag"] = etag(kept.version)
    return DraftView.of(kept, (await references.current(caller.tenant)).version)


@router.post("/check")
async def check_configuration(body: Configuration, caller: Administrator, references: Known) -> CheckView:
    """Say what is wrong with a configuration, 422, or what publishing it would change. Nothing is stored."""
    try:
        configuring.refuse_flaws(body)
    except BadConfiguration as error:
        raise refusal_of(error.flaws) from error
    current = await references.renew(caller.tenant)
    changes = [DifferenceView.of(each) for each in differences(current.configuration, body)]
    return CheckView(in_force=current.version, changes=changes)


@router.post("/publication", status_code=201, response_model=VersionView)
async def publish_draft(
    body: PublicationBody, caller: Administrator, once: Once, references: Known, if_match: IfMatch
) -> Response:
    """Put the draft in force as the next version: every replica goes by it within five seconds.

    Complaints keep the version that they were filed under. `If-Match` names the draft. To go back to an earlier
    version, put it as the draft and publish that.
    """

    async def work(connection: AsyncConnection) -> StoredAnswer:
        version = await configuring.publish(
            connection, occasion_of(caller), note=body.note, check_version=partial(check, if_match)
        )
        headers = {
            "Location": f"/intake/v1/configuration/versions/{version.number}",
            "ETag": etag(version.number),
        }
        return StoredAnswer(201, VersionView.of(version).model_dump_json(), headers)

    try:
        answer = await once.run(caller, work)
    except NoDraft as error:
        raise Problem(409, "no-configuration-draft") from error
    except NothingNew as error:
        raise Problem(409, "nothing-to-publish") from error
    except BadConfiguration as error:
        raise refusal_of(error.flaws) from error
    await references.renew(caller.tenant)
    return answer


@router.post("/republication")
async def republish(caller: Administrator, engine: Engine) -> RepublishedView:
    """Tell the other services again of all that is in force, on `directory.v1`, for readers that begin from nothing.

    It may be repeated.
    """
    async with engine.begin() as connection:
        return RepublishedView(items=await configuring.tell_again(connection, occasion_of(caller)))


@router.get("/versions")
async def list_versions(
    request: Request,
    response: Response,
    caller: Staff,
    engine: ReadEngine,
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[VersionView]:
    """List what was published, the newest first; nothing where what came with the service is in force."""
    pages = Pages(request, caller, "configuration-versions", {})
    before = pages.after_number(cursor)
    async with engine.connect() as connection:
        found = await VERSIONS.page(connection, caller.tenant, before=before, size=limit + 1)
    shown = pages.cut(response, found, limit, lambda each: each.number)
    return Page(items=[VersionView.of(each) for each in shown])


@router.get("/versions/{version}")
async def show_version(version: Number, response: Response, caller: Staff, engine: ReadEngine) -> WholeVersionView:
    """Show a published version with all that it holds: what an old complaint was judged by."""
    async with engine.connect() as connection:
        found = await VERSIONS.one(connection, caller.tenant, version)
    if found is None:
        raise Problem(404, "configuration-version-not-found")
    response.headers["ETag"] = etag(version)
    return WholeVersionView.of(found)


@router.get("/differences")
async def list_differences(
    caller: Staff,
    engine: ReadEngine,
    references: Known,
    before: Annotated[int | None, _VERSION] = None,
    after: Annotated[int | None, _VERSION] = None,
) -> list[DifferenceView]:
    """List what differs between two versions; without `before` the one in force, without `after` the draft."""
    old = await references.current(caller.tenant) if before is None else await references.version(caller.tenant, before)
    if after is None:
        async with engine.connect() as connection:
            new = (await configuring.draft_of(connection, caller.tenant)).settings
    else:
        found = await references.version(caller.tenant, after)
        if found is None:
            raise Problem(404, "configuration-version-not-found")
        new = found.configuration
    if old is None:
        raise Problem(404, "configuration-version-not-found")
    return [DifferenceView.of(each) for each in differences(old.configuration, new)]

"""What closings go by 结案规则: reading and putting it, and what it was before."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from contracts.roles import Role
from ledger_service.api.closing_problems import rules_not_found, rules_refused
from ledger_service.api.closing_schemas import RulesBody, RulesView, VersionView
from ledger_service.api.deps import Engine, ReadEngine, Staff
from ledger_service.domain.closing_rule_checks import flaws, unknown_codes
from ledger_service.domain.closing_rules import Rule
from ledger_service.persistence import closing_rules, directory
from operations.pages import Page, Pages
from runtime.auth import Caller, require
from runtime.clock import now
from runtime.etag import IfMatch, check, etag
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/closing-rules", tags=["closing rules"], responses=PROBLEM_RESPONSES)
Ruler = Annotated[Caller, Depends(require(Role.SUPERVISOR, Role.ADMIN))]


@router.get("")
async def show_closing_rules(response: Response, caller: Staff, engine: ReadEngine) -> RulesView:
    """Show the newest version of what closings go by."""
    async with engine.connect() as connection:
        kept = await closing_rules.newest(connection, caller.tenant)
    response.headers["ETag"] = etag(kept.version)
    return RulesView.of(kept)


@router.put("")
async def put_closing_rules(
    body: RulesBody, response: Response, caller: Ruler, engine: Engine, if_match: IfMatch
) -> RulesView:
    """Put all rules anew, as the next version.

    It counts for rounds that begin from two seconds later: complaints received, sent back or reopened then. A round
    keeps the version that it began with. 422 with the rule and the part for what can never apply.
    """
    content = body.content()
    rules = [Rule.of(each) for each in content]
    async with engine.connect() as connection:
        known = await directory.known(connection, caller.tenant)
    found = [*flaws(rules), *unknown_codes(rules, known)]
    if found:
        raise rules_refused(found)
    async with engine.begin() as connection:
        kept = await closing_rules.put(
            connection, caller.tenant, content, check_version=partial(check, if_match), actor=caller.subject, now=now()
        )
    response.headers["ETag"] = etag(kept.version)
    return RulesView.of(kept)


@router.get("/versions")
async def list_closing_rules(
    request: Request,
    response: Response,
    caller: Staff,
    engine: ReadEngine,
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[VersionView]:
    """List all versions, the newest first."""
    pages = Pages(request, caller, "closing-rules", {})
    before = pages.after_number(cursor)
    async with engine.connect() as connection:
        found = await closing_rules.page(connection, caller.tenant, before=before, size=limit + 1)
    shown = pages.cut(response, found, limit, lambda each: each["version"])
    return Page(items=[VersionView.model_validate(each) for each in shown])


@router.get("/versions/{version}")
async def show_old_closing_rules(
    version: Annotated[int, Path(ge=1, le=2**31 - 1)], response: Response, caller: Staff, engine: ReadEngine
) -> RulesView:
    """Show a version: what a round of long ago went by (`closing_version` of its complaint)."""
    async with engine.connect() as connection:
        kept = await closing_rules.one(connection, caller.tenant, version)
    if kept is None:
        raise rules_not_found()
    response.headers["ETag"] = etag(version)
    return RulesView.of(kept)

"""Routing rules: the draft, the versions that were published, and what became of them."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.roles import Role
from dispatch_service.api.deps import Engine, ReadEngine, Staff
from dispatch_service.api.rule_problems import refusal_of
from dispatch_service.api.rule_schemas import PublicationBody, RulesBody
from dispatch_service.api.rule_views import (
    DraftView,
    RuleStateView,
    StateView,
    VersionView,
    WholeVersionView,
)
from dispatch_service.persistence import rule_sets, rule_states
from dispatch_service.persistence.documents import Document
from dispatch_service.persistence.rows import Row
from dispatch_service.service import rule_drafts
from dispatch_service.service.rule_drafts import BadRules, NoDraft
from operations.once import Once
from operations.pages import Page, Pages
from runtime.auth import Caller, require
from runtime.clock import now
from runtime.etag import IfMatch, check, etag
from runtime.idempotency import StoredAnswer
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES, Problem

router = APIRouter(prefix="/rules", tags=["routing rules"], responses=PROBLEM_RESPONSES)
Ruler = Annotated[Caller, Depends(require(Role.SUPERVISOR, Role.ADMIN))]
BODY_LIMIT = 8 * 2**20
"""A thousand rules, some of them with an area of a few hundred points."""


@router.get("")
async def show_draft(response: Response, caller: Staff, engine: ReadEngine) -> DraftView:
    """Show the rules that are worked on, in order; routing goes by the published version `in_force`."""
    async with engine.connect() as connection:
        draft = await rule_drafts.draft_of(connection, caller.tenant)
        return _draft(response, draft, await _version_in_force(connection, caller.tenant))


@router.put("")
async def replace_draft(
    body: RulesBody, response: Response, caller: Ruler, engine: Engine, if_match: IfMatch
) -> DraftView:
    """Replace the draft as a whole; routing goes on by what is published.

    A rule that can never fit, that is shadowed by one before it, that does nothing, or that names a team, grid,
    community, skill, category or source that there is not: 422 with the rule and the part, and the draft stays as it
    was. Rules are asked once each, in order, and none hands on to another, so they cannot loop.
    """
    rows = [rule.row() for rule in body.rules]
    try:
        async with engine.begin() as connection:
            draft = await rule_drafts.put(
                connection, caller.tenant, rows, check_version=partial(check, if_match), actor=caller.subject, now=now()
            )
            return _draft(response, draft, await _version_in_force(connection, caller.tenant))
    except BadRules as error:
        raise refusal_of(error.faults) from error


@router.post("/publication", status_code=201, response_model=VersionView)
async def publish_draft(body: PublicationBody, caller: Ruler, once: Once, if_match: IfMatch) -> Response:
    """Put the draft in force as the next version; new complaints are routed by it within a second.

    It is checked again: 422 where a team or a place has gone since. Rules that had been switched off are on again.
    `If-Match` names the draft. To go back to an earlier version, put its rules and publish them.
    """

    async def publish(connection: AsyncConnection) -> StoredAnswer:
        row = await rule_drafts.publish(
            connection,
            caller.tenant,
            check_version=partial(check, if_match),
            note=body.note,
            actor=caller.subject,
            now=now(),
        )
        view = VersionView.model_validate(row)
        headers = {"Location": f"/dispatch/v1/rules/versions/{view.version}", "ETag": etag(view.version)}
        return StoredAnswer(201, view.model_dump_json(), headers)

    try:
        return await once.run(caller, publish)
    except NoDraft as error:
        raise Problem(409, "no-draft") from error
    except BadRules as error:
        raise refusal_of(error.faults) from error


@router.get("/versions")
async def list_versions(
    request: Request,
    response: Response,
    caller: Staff,
    engine: ReadEngine,
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[VersionView]:
    """List what was published, the newest first: that is in force."""
    pages = Pages(request, caller, "rule-versions", {})
    before = pages.after_number(cursor)
    async with engine.connect() as connection:
        found = await rule_sets.page(connection, caller.tenant, before=before, size=limit + 1)
    shown = pages.cut(response, found, limit, lambda each: each["version"])
    return Page(items=[VersionView.model_validate(each) for each in shown])


@router.get("/versions/{version}")
async def show_version(
    version: Annotated[int, Path(ge=1, le=2**63 - 1)], response: Response, caller: Staff, engine: ReadEngine
) -> WholeVersionView:
    """Show a published set with its rules: what a case of long ago was routed by."""
    async with engine.connect() as connection:
        row = await rule_sets.one(connection, caller.tenant, version)
    if row is None:
        raise Problem(404, "rule-set-not-found")
    response.headers["ETag"] = etag(version)
    return WholeVersionView.model_validate({**row, "count": len(row["rules"])})


@router.get("/state")
async def show_state(caller: Staff, engine: ReadEngine) -> StateView:
    """Show, of each rule in force, how many cases it has fitted, the last time, and whether it is switched off and why.

    A rule is switched off by itself when a team or place that it names has gone, or when it cannot be carried out;
    routing goes on as if it were not there. Publishing switches it on again.
    """
    async with engine.connect() as connection:
        newest = await rule_sets.page(connection, caller.tenant, before=None, size=1)
        if not newest:
            return StateView(version=None, published_at=None, rules=[])
        version = newest[0]["version"]
        row = await rule_sets.one(connection, caller.tenant, version) or {"rules": []}
        states = await rule_states.states(connection, caller.tenant, version)
    rules = [_state(rule, states) for rule in row["rules"]]
    return StateView(version=version, published_at=newest[0]["published_at"], rules=rules)


async def _version_in_force(connection: AsyncConnection, tenant: str) -> int | None:
    newest = await rule_sets.page(connection, tenant, before=None, size=1)
    return newest[0]["version"] if newest else None


def _draft(response: Response, draft: Document, in_force: int | None) -> DraftView:
    response.headers["ETag"] = etag(draft.version)
    facts = {"changed_at": draft.changed_at, "changed_by": draft.changed_by, "rules": draft.content or []}
    return DraftView.model_validate({"in_force": in_force, **facts})


def _state(rule: Row, states: Mapping[str, Row]) -> RuleStateView:
    nothing = {"matches": 0, "last_match_at": None, "off_since": None, "off_reason": None}
    noted = states.get(rule["code"], nothing)
    return RuleStateView.model_validate({"enabled": True, **rule, **noted, "code": rule["code"]})

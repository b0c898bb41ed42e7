"""Triage rules 甄别规则: what makes a report suspect, published in versions, and tried before."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from contracts.lifecycle import TRANSITIONS, EventType
from contracts.roles import Role
from intake_service.api.configuration_problems import refusal_of
from intake_service.api.deps import Administrator, Engine, Known, ReadEngine
from intake_service.domain.configuration.items import Text
from intake_service.domain.configuration.reference import Reference
from intake_service.domain.triage_rules import TriageRules, flaws, shipped
from intake_service.persistence import triage_rules
from intake_service.persistence.triage_rules import SHIPPED, VERSIONS
from intake_service.service import triage_trials
from intake_service.service.triage_rulebooks import TriageRulebooks
from intake_service.service.triage_trials import Trial
from operations.pages import Page, Pages
from operations.versions import Version
from runtime.auth import Caller, require
from runtime.clock import now
from runtime.etag import IfMatch, check, etag
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES, Problem

router = APIRouter(tags=["triage"], responses=PROBLEM_RESPONSES, prefix="/triage/rules")
Reading = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.CLEARED].roles, Role.ADMIN))]
Days = Annotated[int, Query(ge=1, le=31, description="How far back complaints are looked at.")]
Number = Annotated[int | None, Query(ge=SHIPPED, le=2**31 - 1, description="0: those that are shipped.")]
_EXCERPT = 120


class RulesIn(TriageRules):
    """All rules, and why they are published."""

    note: Text | None = None

    def rules_alone(self) -> TriageRules:
        """Return them without the note."""
        return TriageRules(rules=self.rules, hold_minutes=self.hold_minutes)


class RulesView(TriageRules):
    """A version of the rules; version 0: those that are shipped."""

    version: int = SHIPPED
    changed_at: datetime | None = None
    changed_by: str | None = None
    note: str | None = None

    @classmethod
    def of(cls, kept: Version[TriageRules] | None) -> Self:
        """Return them as they are shown; None stands for those that are shipped."""
        if kept is None:
            return cls(rules=shipped().rules, hold_minutes=shipped().hold_minutes)
        return cls(
            rules=kept.settings.rules,
            hold_minutes=kept.settings.hold_minutes,
            version=kept.number,
            changed_at=kept.changed_at,
            changed_by=kept.changed_by,
            note=kept.more.get("note"),
        )


class Example(BaseModel):
    """A complaint that a rule would have suspected, with the beginning of its text."""

    id: UUID
    number: str
    received_at: datetime
    excerpt: str


class RuleTrial(BaseModel):
    """What a rule would have suspected, and the newest examples."""

    code: str
    action: str
    count: int
    examples: list[Example]


class TrialResult(BaseModel):
    """What the rules would have done, had they been in force; nothing is stored."""

    looked_at: int
    begin: Annotated[datetime | None, Field(description="When the oldest of them came in.")]
    partial: Annotated[bool, Field(description="There were more: only the newest were looked at.")]
    flagged: int
    held: int
    rules: list[RuleTrial]

    @classmethod
    def of(cls, rules: TriageRules, trial: Trial) -> Self:
        """Return it as it is shown."""
        found = [
            RuleTrial(
                code=rule.code,
                action=rule.action,
                count=trial.by_rule[rule.code].count,
                examples=[_example(row) for row in trial.by_rule[rule.code].examples],
            )
            for rule in rules.rules
        ]
        facts = {"looked_at": trial.looked_at, "begin": trial.begin, "partial": trial.is_partial}
        return cls(**facts, flagged=trial.flagged, held=trial.held, rules=found)


@router.get("")
async def show_rules(response: Response, caller: Reading, engine: ReadEngine, version: Number = None) -> RulesView:
    """Show the rules in force, or an older version."""
    async with engine.connect() as connection:
        if version is None:
            kept = await VERSIONS.newest(connection, caller.tenant)
        else:
            kept = await VERSIONS.one(connection, caller.tenant, version)
            if kept is None and version != SHIPPED:
                raise Problem(404, "triage-rules-not-found")
    view = RulesView.of(kept)
    response.headers["ETag"] = etag(view.version)
    return view


@router.put("")
async def publish_rules(
    body: RulesIn,
    request: Request,
    response: Response,
    caller: Administrator,
    engine: Engine,
    known: Known,
    if_match: IfMatch,
) -> RulesView:
    """Put rules in force as the next version; what was flagged before stays as it was.

    Every replica goes by them within five seconds.
    """
    rules = _checked(body, await known.current(caller.tenant))
    async with engine.begin() as connection:
        kept = await triage_rules.publish(
            connection,
            caller.tenant,
            rules,
            check_version=lambda version: check(if_match, version),
            note=body.note,
            actor=caller.subject,
            now=now(),
        )
    if kept is None:
        raise Problem(409, "nothing-to-publish")
    rulebooks: TriageRulebooks = request.app.state.triage_rulebooks
    await rulebooks.renew([caller.tenant])
    response.headers["ETag"] = etag(kept.number)
    return RulesView.of(kept)


@router.get("/history")
async def list_versions(
    request: Request,
    response: Response,
    caller: Reading,
    engine: ReadEngine,
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[RulesView]:
    """List the versions that were published, the newest first."""
    pages = Pages(request, caller, "triage rules", {})
    before = pages.after_number(cursor)
    async with engine.connect() as connection:
        found = await VERSIONS.page(connection, caller.tenant, before=before, size=limit + 1)
    shown = pages.cut(response, found, limit, lambda each: each.number)
    return Page(items=[RulesView.of(each) for each in shown])


@router.post("/trial")
async def try_rules(
    body: RulesIn, request: Request, caller: Administrator, engine: ReadEngine, known: Known, days: Days = 7
) -> TrialResult:
    """Try rules on complaints of the past, 5,000 at most: how many each would have suspected, with examples.

    It is as if they had been in force all along, whatever their times say. Nothing is stored.
    """
    reference = await known.current(caller.tenant)
    rules = _checked(body, reference)
    async with engine.connect() as connection:
        rows = await triage_trials.read(connection, caller.tenant, now() - timedelta(days=days))
    zone = ZoneInfo(request.app.state.settings.timezone)
    return TrialResult.of(rules, await triage_trials.attempt(rules, reference, caller.tenant, rows, zone))


def _checked(body: RulesIn, reference: Reference) -> TriageRules:
    rules = body.rules_alone()
    if found := [*flaws(rules, reference, now())]:
        raise refusal_of(found)
    return rules


def _example(row: Any) -> Example:
    return Example(id=row.id, number=row.number, received_at=row.received_at, excerpt=row.description[:_EXCERPT])

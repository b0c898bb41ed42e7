"""Trying rules on past cases before they are in force."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from contracts.roles import Role
from dispatch_service.api.deps import ReadEngine
from dispatch_service.api.rule_problems import refusal_of
from dispatch_service.api.rule_views import RuleTrialView, SampleView, TrialBody, TrialView
from dispatch_service.domain.router import Router
from dispatch_service.domain.rules import Rule
from dispatch_service.service import rule_drafts
from dispatch_service.service.rule_drafts import BadRules
from dispatch_service.service.rule_reading import rules_of
from dispatch_service.service.rule_trials import Period, RuleTrial, Sample, Trial, codes_of, try_rules
from dispatch_service.service.rulebooks import Rulebooks
from operations.periods import check_order
from runtime.auth import Caller, require
from runtime.problems import PROBLEM_RESPONSES, Problem

router = APIRouter(prefix="/rules", tags=["routing rules"], responses=PROBLEM_RESPONSES)
Trier = Annotated[Caller, Depends(require(Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN))]


@router.post("/dry-run")
async def try_on_past_cases(request: Request, body: TrialBody, caller: Trier, engine: ReadEngine) -> TrialView:
    """Say what the draft, or the rules given, would have done with past cases beside what happened; nothing changes.

    Cases are those received in the period, the newest first, up to `most`. Grids and limits are those of now, rosters
    those of the time. One dry run at a time in a process: 429 `dry-run-busy` for the second.
    """
    check_order(body.begin, body.end, "/to")
    dry_runs: asyncio.Semaphore = request.app.state.dry_runs
    if dry_runs.locked():
        raise Problem(429, "dry-run-busy", headers={"Retry-After": "5"})
    rulebooks: Rulebooks = request.app.state.rulebooks
    period = Period(tenant=caller.tenant, begin=body.begin, end=body.end, most=body.most)
    async with dry_runs, engine.connect() as connection:
        if body.rules is None:
            draft = await rule_drafts.draft_of(connection, caller.tenant)
            if not draft.version:
                raise Problem(409, "no-draft")
            rows = draft.content
        else:
            rows = [rule.row() for rule in body.rules]
        try:
            await rule_drafts.check(connection, caller.tenant, rows)
        except BadRules as error:
            raise refusal_of(error.faults) from error
        rules = rules_of(rows)
        tried = await rulebooks.book_for(connection, caller.tenant, rules)
        trial = await try_rules(connection, tried, period, samples=body.samples)
    return _view(trial, rules, tried.router, body.samples)


def _view(trial: Trial, rules: list[Rule], tried: Router, samples: int) -> TrialView:
    faults = {} if tried.rules is None else tried.rules.faults
    return TrialView(
        cases=trial.cases,
        capped=trial.capped,
        unmatched=trial.unmatched,
        changed=trial.changed,
        rules=[_of_rule(code, trial.rules[code], faults.get(code), samples) for code in codes_of(rules)],
    )


def _of_rule(code: str, rule: RuleTrial, fault: str | None, samples: int) -> RuleTrialView:
    shown = sorted(rule.samples, key=lambda sample: not sample.is_changed)[:samples]
    return RuleTrialView(
        code=code,
        matched=rule.matched,
        decided=rule.decided,
        changed=rule.changed,
        fault=fault,
        samples=[_sample(each) for each in shown],
    )


def _sample(sample: Sample) -> SampleView:
    case, route, placement = sample.case, sample.route, sample.placement
    return SampleView(
        complaint_id=case["complaint_id"],
        number=case["number"],
        team=case["team"],
        team_then=placement.team,
        instead_of_then=placement.instead_of,
        grade=case["grade"],
        grade_then=route.grade.value,
        supporting_then=[helper.team.code for helper in route.supporting],
    )

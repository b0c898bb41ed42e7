"""Puts dispatch together."""

import asyncio
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from contracts.topics import LIFECYCLE
from dispatch_service.api import (
    absences,
    actions,
    attendance,
    bulk,
    cases,
    clock_settings,
    components,
    coverage,
    coverage_days,
    departments,
    directory,
    duty_requests,
    exports,
    extension_rule,
    field_work,
    grids,
    imports,
    notes,
    officers,
    patrol_plans,
    patrol_steps,
    patrol_suggestions,
    patrols,
    places,
    planning,
    rectifications,
    reference,
    replies,
    requests,
    roster_templates,
    rosters,
    routing_policy,
    rule_trials,
    rules,
    supervision_rule,
    suspension_rule,
    sync,
    transfers,
    units,
    worklist,
    workload,
)
from dispatch_service.events import categories, hotspots
from dispatch_service.events.handlers import CONSUMED, CaseEvents
from dispatch_service.persistence.territory import Territory
from dispatch_service.service.attendance import forget_tracks
from dispatch_service.service.clockworks import Clockworks
from dispatch_service.service.duty_counting import tell_changes
from dispatch_service.service.forgetting import forget_old
from dispatch_service.service.missed_orders import tell_missed
from dispatch_service.service.patrol_making import make_patrols
from dispatch_service.service.patrol_timers import miss_overdue
from dispatch_service.service.reinspections import tell_due
from dispatch_service.service.renewing import renew_clocks
from dispatch_service.service.rule_counting import add_up
from dispatch_service.service.rulebooks import Rulebooks
from dispatch_service.service.suspensions import bring_back
from dispatch_service.service.timers import fire_due
from dispatch_service.service.untold_answers import tell_untold
from eventbus.slices import Subscription
from operations import accounts
from operations.rounds import Rounds
from operations.service import Foundation, assemble
from runtime.auth import TokenVerifier
from runtime.lifecycle import Service
from runtime.settings import RuntimeSettings

DESCRIPTION = """
Dispatch 派遣、处置: every complaint that intake receives becomes a case of the team that answers for its place, or of
the duty desk where no grid does. Officers accept, start and resolve the cases of their teams, or return them;
dispatchers send cases on, to teams and to other departments.
"""

_RENEW_EVERY = timedelta(seconds=2)
_LOOK_EVERY = timedelta(seconds=1)
_ADD_UP_EVERY = timedelta(seconds=10)
_PLAN_EVERY = timedelta(minutes=1)
_MISS_EVERY = timedelta(seconds=15)
_COUNT_EVERY = timedelta(seconds=5)
_TELL_EVERY = timedelta(seconds=5)


def build(settings: RuntimeSettings, verifier: TokenVerifier) -> Service:
    """Return dispatch, not yet connected to anything. ValueError where `JIEBAN_DISPATCH_DATABASE_URL` is not set."""
    foundation = Foundation.lay("dispatch", settings, settings.dispatch_database_url)
    keep = timedelta(days=settings.position_days)
    tracks = Rounds("dispatch tracks", partial(forget_tracks, foundation.engine, keep=keep), every=timedelta(minutes=1))
    forgetting = Rounds("dispatch field work", partial(forget_old, foundation.engine), every=timedelta(minutes=1))
    territory, clockworks, zone = Territory(), Clockworks(), ZoneInfo(settings.timezone)
    rulebooks = Rulebooks(territory, clockworks, zone=zone)
    following = Subscription(consumer="dispatch", topic=LIFECYCLE.name, types=CONSUMED, handler=CaseEvents(rulebooks))
    renewing = Rounds("dispatch clocks", partial(renew_clocks, foundation.engine, clockworks), every=_RENEW_EVERY)
    timers = Rounds("dispatch timers", partial(fire_due, foundation.engine, clockworks), every=_LOOK_EVERY)
    matches = Rounds("dispatch rule matches", partial(add_up, foundation.engine), every=_ADD_UP_EVERY)
    inspections = Rounds("dispatch reinspections", partial(tell_due, foundation.engine), every=_LOOK_EVERY)
    orders = Rounds("dispatch orders", partial(tell_missed, foundation.engine), every=_LOOK_EVERY)
    answers = Rounds("dispatch answers", partial(tell_untold, foundation.engine), every=_TELL_EVERY)
    suspended = Rounds("dispatch suspensions", partial(bring_back, foundation.engine, clockworks), every=_LOOK_EVERY)
    making = Rounds("dispatch patrol plans", partial(make_patrols, foundation.engine, zone), every=_PLAN_EVERY)
    missing = Rounds("dispatch missed patrols", partial(miss_overdue, foundation.engine), every=_MISS_EVERY)
    counting = Rounds("dispatch duties", partial(tell_changes, foundation.engine), every=_COUNT_EVERY)
    return assemble(
        foundation,
        verifier,
        title="Jieban dispatch 派遣、处置",
        description=DESCRIPTION.strip(),
        routers=[
            bulk.router,
            cases.router,
            actions.router,
            notes.router,
            worklist.router,
            sync.router,
            workload.router,
            requests.router,
            units.router,
            transfers.router,
            rectifications.router,
            clock_settings.router,
            extension_rule.router,
            supervision_rule.router,
            suspension_rule.router,
            field_work.router,
            replies.router,
            reference.router,
            grids.router,
            imports.router,
            exports.router,
            places.router,
            officers.router,
            directory.router,
            departments.router,
            components.router,
            rosters.router,
            roster_templates.router,
            duty_requests.router,
            attendance.router,
            absences.router,
            coverage.router,
            coverage_days.router,
            patrol_plans.router,
            patrols.router,
            patrol_steps.router,
            patrol_suggestions.router,
            planning.router,
            rules.router,
            rule_trials.router,
            routing_policy.router,
        ],
        body_limits={
            "/dispatch/v1/grids": grids.BODY_LIMIT,
            "/dispatch/v1/rules": rules.BODY_LIMIT,
            "/dispatch/v1/rules/dry-run": rules.BODY_LIMIT,
            "/dispatch/v1/sync": sync.BODY_LIMIT,
            **imports.BODY_LIMITS,
        },
        subscriptions=[
            following,
            hotspots.subscription(territory),
            categories.SUBSCRIPTION,
            accounts.subscription("dispatch", following),
        ],
        state={"clockworks": clockworks, "rulebooks": rulebooks, "dry_runs": asyncio.Semaphore(1)},
        workers={
            "relay": [
                renewing,
                timers,
                inspections,
                orders,
                answers,
                suspended,
                tracks,
                matches,
                making,
                missing,
                counting,
                forgetting,
            ]
        },
    )

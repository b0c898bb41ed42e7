"""What each tenant's complaints are routed by, in memory, made anew when it has changed."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import structlog
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.clocks import Clockwork
from dispatch_service.domain.router import Router
from dispatch_service.domain.routing import GridMap, Team
from dispatch_service.domain.rule_checks import Known, lost_of
from dispatch_service.domain.rule_matching import RuleSet
from dispatch_service.domain.rules import Rule
from dispatch_service.domain.staffing import Policy
from dispatch_service.domain.working_time import SHANGHAI
from dispatch_service.persistence import rule_references, rule_sets, rule_states
from dispatch_service.persistence.rule_sets import RuleRows, Standing
from dispatch_service.persistence.rule_states import Fault
from dispatch_service.persistence.territory import Territory
from dispatch_service.service.clockworks import Clockworks
from dispatch_service.service.rule_reading import policy_of, readable_of

log = structlog.get_logger()

SWITCHED_OFF = Counter("jieban_routing_rules_switched_off_total", "Routing rules that were switched off by themselves")


@dataclass
class Rulebook:
    """What one tenant's complaints are routed by."""

    router: Router
    work: Clockwork
    policy: Policy
    is_rostered: bool
    """Whether anybody is, or will be, on duty."""
    off: Collection[str]
    """Codes of rules that are noted as switched off."""
    found: Mapping[str, str]
    """Why rules were left out, by their codes."""

    def faults(self) -> list[tuple[str, str]]:
        """Return code and reason of each rule that is to be switched off and is not noted yet."""
        raised = {} if self.router.rules is None else self.router.rules.faults
        return [(code, why) for faults in (self.found, raised) for code, why in faults.items() if code not in self.off]


class _Seen(NamedTuple):
    """What a book was made from."""

    rules: int
    policy: int
    off: int
    work: Clockwork
    grids: GridMap


class Rulebooks:
    """A cache. A change of rules, policy, grids or teams is seen after `check_every_seconds` at the latest."""

    def __init__(
        self,
        territory: Territory,
        clockworks: Clockworks,
        *,
        zone: ZoneInfo = SHANGHAI,
        check_every_seconds: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`territory` says who answers for a place, `clockworks` by when; rules tell times on the clock of `zone`."""
        self._territory = territory
        self.clockworks = clockworks
        self._zone = zone
        self._check_every = check_every_seconds
        self._clock = clock
        self._books: dict[str, Rulebook] = {}
        self._seen: dict[str, _Seen] = {}
        self._standing: dict[str, Standing] = {}
        self._checked: dict[str, float] = {}

    async def of(self, connection: AsyncConnection, tenants: Collection[str], now: datetime) -> Mapping[str, Rulebook]:
        """Return the book of each of `tenants`."""
        maps = await self._territory.maps(connection, tenants)
        works = await self.clockworks.of(connection, tenants)
        standing = await self._look(connection, tenants, now)
        changed: dict[str, _Seen] = {}
        for tenant in tenants:
            present = standing[tenant]
            seen = _Seen(present.rules, present.policy, present.off, works[tenant], maps[tenant])
            if self._seen.get(tenant) != seen:
                changed[tenant] = seen
        if changed:
            self._books |= await self._made(connection, changed)
            self._seen |= changed
        for tenant in tenants:
            self._books[tenant].is_rostered = standing[tenant].is_rostered
        return self._books

    def look_again(self, tenants: Collection[str]) -> None:
        """Check at the next use whether the grids and teams of `tenants` have changed."""
        self._territory.look_again(tenants)

    async def book_for(self, connection: AsyncConnection, tenant: str, rules: Sequence[Rule]) -> Rulebook:
        """Return a book of the present grids, limits and policy of a tenant and of other `rules`, which fit these."""
        maps = await self._territory.maps(connection, [tenant])
        work = await self.clockworks.of_one(connection, tenant)
        known = (await rule_references.known(connection, [tenant]))[tenant]
        compiled = RuleSet(0, rules, self.clockworks.calendar(tenant), zone=self._zone)
        policy = policy_of((await rule_sets.policies(connection, [tenant])).get(tenant))
        return Rulebook(Router(maps[tenant], _teams(known), compiled), work, policy, True, (), {})

    async def note_faults(self, connection: AsyncConnection, tenants: Collection[str], now: datetime) -> None:
        """Switch off what has shown itself to be broken, in the transaction of `connection`."""
        faults = []
        for tenant in tenants:
            book = self._books[tenant]
            if book.router.rules is not None:
                faults += [Fault(tenant, book.router.rules.version, *fault) for fault in book.faults()]
        if not faults:
            return
        for row in await rule_states.switch_off(connection, faults, now):
            log.error("routing_rule_switched_off", tenant=row["tenant"], rule=row["code"], reason=row["off_reason"])
            SWITCHED_OFF.inc()

    async def _look(
        self, connection: AsyncConnection, tenants: Collection[str], now: datetime
    ) -> Mapping[str, Standing]:
        moment = self._clock()
        due = [each for each in tenants if moment - self._checked.get(each, -self._check_every) >= self._check_every]
        if due:
            self._standing |= await rule_sets.standing(connection, due, now)
            self._checked |= dict.fromkeys(due, moment)
        return self._standing

    async def _made(self, connection: AsyncConnection, changed: Mapping[str, _Seen]) -> dict[str, Rulebook]:
        policies = await rule_sets.policies(connection, changed)
        sets = await rule_sets.in_force(connection, [tenant for tenant, seen in changed.items() if seen.rules])
        known = await rule_references.known(connection, sets) if sets else {}
        off: dict[str, set[str]] = {tenant: set() for tenant in changed}
        for row in await rule_states.off(connection, list(sets)) if sets else []:
            off[row["tenant"]].add(row["code"])
        books = {}
        for tenant, seen in changed.items():
            policy = policy_of(policies.get(tenant))
            rules = sets.get(tenant)
            if rules is None:
                router, found = Router(seen.grids, {}), dict[str, str]()
            else:
                router, found = self._compiled(tenant, seen, rules, known[tenant], off[tenant])
            books[tenant] = Rulebook(router, seen.work, policy, False, off[tenant], found)
        return books

    def _compiled(
        self, tenant: str, seen: _Seen, rows: RuleRows, known: Known, off: set[str]
    ) -> tuple[Router, dict[str, str]]:
        rules, unreadable = readable_of(rows.rules)
        found = dict.fromkeys(unreadable, "unreadable") | lost_of(rules, known)
        calendar = self.clockworks.calendar(tenant)
        compiled = RuleSet(rows.version, rules, calendar, zone=self._zone, off=off | found.keys())
        log.info(
            "routing_rules_loaded", tenant=tenant, version=rows.version, rules=len(rules), off=len(off | found.keys())
        )
        return Router(seen.grids, _teams(known), compiled), found


def _teams(known: Known) -> dict[str, Team]:
    return {code: Team(code, name) for code, name in known.teams.items()}

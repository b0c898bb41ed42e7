"""Watches what comes in: refuses what is too much, and has the triage rules look at the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import STAFF, Role
from intake_service.domain.complaint import OWNERS, Flagged, Suspicion
from intake_service.domain.configuration.reference import Reference
from intake_service.domain.recent_reports import HISTORY, By, Filed, Key, text_digest
from intake_service.domain.report import Report
from intake_service.domain.triage_judging import Judge, Suggested, Suspect
from intake_service.domain.triage_rules import MOST_REPORTS, Rule
from intake_service.service.report_counts import ReportCounts
from intake_service.service.report_limits import Limits, refusal
from intake_service.service.suggesting import Settled
from intake_service.service.triage_rulebooks import TriageRulebooks
from runtime.auth import Caller
from runtime.ids import uuid7
from runtime.problems import Problem

SUSPICIONS = Counter("jieban_triage_suspicions_total", "Complaints put into triage, by reason", ["reason", "action"])


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of a report: whose it is, and what the rules suspect."""

    complaint: UUID
    """The id that it will have."""
    keys: Mapping[By, Key]
    """Under which it counts."""
    filed: Filed
    flagged: Flagged | None

    def count(self) -> None:
        """Count the suspicions; to be called once the complaint is stored."""
        for each in self.flagged.suspicions if self.flagged else ():
            SUSPICIONS.labels(each.reason, each.action).inc()


class Watch:
    """The watch of one process. It asks nothing of the database while somebody reports."""

    def __init__(self, engine: AsyncEngine, rulebooks: TriageRulebooks, limits: Limits) -> None:
        """Of one phone, device or account no more is counted than limits and rules can ask for."""
        most = max((each for spans in limits.values() for _, each in spans), default=0)
        self._limits = limits
        self._rulebooks = rulebooks
        self.counts = ReportCounts(engine, max(most, MOST_REPORTS))

    async def judge(self, tenant: str) -> Judge:
        """Return the rules in force."""
        return await self._rulebooks.of(tenant)

    def keys(self, report: Report, caller: Caller, device: bytes | None, judge: Judge, now: datetime) -> dict[By, Key]:
        """Return under which phone, device or account it counts, as far as limits or rules ask for these.

        What staff file of history counts under none.
        """
        if _is_history(report, caller, now):
            return {}
        return {
            by: key for by, key in _keys(report, caller, device).items() if by in judge.counts or by in self._limits
        }

    def refusal(self, keys: Mapping[By, Key], caller: Caller, now: datetime) -> Problem | None:
        """Return the refusal, 429, of one too many; those who report for others, staff and partners, get none."""
        return refusal(self._limits, self.counts, keys, now) if self._limits and _is_citizen(caller) else None

    def look(
        self,
        keys: Mapping[By, Key],
        report: Report,
        settled: Settled,
        reference: Reference,
        judge: Judge,
        now: datetime,
    ) -> Look:
        """Look at a report that breaks no rule of its form.

        What staff have found themselves 未诉先办 is not suspected; what was handled already is not held.
        """
        recent = {by: self.counts.of(key).values() for by, key in keys.items()}
        lon, lat = report.location.lon, report.location.lat
        point = None if lon is None or lat is None else (lon, lat)
        suggested = _suggested(report, settled, reference)
        suspect = Suspect(report.description, suggested, recent, now, settled.category, point)
        filed = Filed(now, text_digest(suspect.plain) if keys else None)
        rules = [] if reference.sources[report.source].proactive else judge.suspicions(suspect)
        if not rules:
            return Look(uuid7(), keys, filed, None)
        held = report.handling is None and any(rule.action == "hold" for rule in rules)
        flagged = Flagged(tuple(map(suspicion_of, rules)), judge.version, now + judge.hold if held else None)
        return Look(uuid7(), keys, filed, flagged)

    def take(self, look: Look) -> None:
        """Count a complaint that is about to be filed."""
        self.counts.add(look.keys.values(), look.complaint, look.filed)

    def give_back(self, look: Look) -> None:
        """Count a complaint no more that was not filed, as far as is known; it is read soon whether it was."""
        self.counts.remove(look.keys.values(), look.complaint)

    async def renew(self) -> None:
        """Read what other replicas have accepted, and what rules were published."""
        await self._rulebooks.renew()
        await self.counts.renew()


def suspicion_of(rule: Rule) -> Suspicion:
    """Return what is kept of a rule that suspects something."""
    return Suspicion(rule.code, rule.reason, rule.action, rule.zh, rule.en)


def _is_citizen(caller: Caller) -> bool:
    return caller.has(Role.CITIZEN) and not caller.has(*STAFF, Role.PARTNER)


def _is_history(report: Report, caller: Caller, now: datetime) -> bool:
    happened = report.occurred_at
    return happened is not None and happened < now - HISTORY and not caller.has(*OWNERS)


def _keys(report: Report, caller: Caller, device: bytes | None) -> dict[By, Key]:
    """Return whose report it is: the account of whoever reports for themselves, the phone and the device given."""
    keys: dict[By, Key] = {}
    if caller.has(*OWNERS):
        keys["account"] = (caller.tenant, "account", caller.subject)
    if report.reporter.phone is not None:
        keys["phone"] = (caller.tenant, "phone", report.reporter.phone)
    if device is not None:
        keys["device"] = (caller.tenant, "device", device)
    return keys


def _suggested(report: Report, settled: Settled, reference: Reference) -> Suggested | None:
    if report.category is not None:
        return None
    if settled.suggestion is None:
        return Suggested(0.0, is_advised=False)
    known = reference.categories.get(settled.suggestion.code)
    return Suggested(settled.suggestion.confidence, known is not None and known.advice is not None)

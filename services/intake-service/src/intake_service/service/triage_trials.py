"""Tries triage rules on complaints of the past: what would they have suspected?"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from eventbus.janitor import first_id_at
from intake_service.domain.configuration.reference import Reference
from intake_service.domain.recent_reports import By, Filed, Key, Recent, text_digest
from intake_service.domain.triage_judging import Judge, Suggested, Suspect
from intake_service.domain.triage_rules import MOST_REPORTS, TriageRules

MOST = 5_000
"""Complaints that are looked at: the newest."""
EXAMPLES = 5
_PAUSE_AFTER = 10
# Staff report for others, so only the accounts of those count who have reported for themselves. What was handled before
# it was reported, dispatch accepts and resolves at one moment.
_READ = sa.text("""
    SELECT c.id, c.number, c.received_at, c.description, c.proactive, c.category, c.suggested_category,
        c.suggested_confidence, c.owner, c.device, c.lon, c.lat, r.phone,
        jsonb_path_query_first(c.progress, '$[*] ? (@.kind == "accepted").at')
            = jsonb_path_query_first(c.progress, '$[*] ? (@.kind == "resolved").at') AS self_handled
    FROM complaint AS c LEFT JOIN reporter AS r ON r.complaint_id = c.id
    WHERE c.tenant = :tenant AND c.id >= :since AND c.received_at >= :from ORDER BY c.id DESC LIMIT :most
""")


@dataclass(slots=True)
class Hits:
    """What a rule would have suspected: how many, and the newest few."""

    count: int = 0
    examples: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class Trial:
    """What all of them would have done; `looked_at` complaints, the oldest of `begin`."""

    looked_at: int
    begin: datetime | None
    is_partial: bool
    by_rule: Mapping[str, Hits]
    flagged: int = 0
    held: int = 0


async def read(connection: AsyncConnection, tenant: str, begin: datetime) -> Sequence[Any]:
    """Return the newest complaints since then, newest first; one more than MOST where there are more."""
    values = {"tenant": tenant, "since": first_id_at(begin), "from": begin, "most": MOST + 1}
    return (await connection.execute(_READ, values)).all()


async def attempt(rules: TriageRules, reference: Reference, tenant: str, rows: Sequence[Any], zone: ZoneInfo) -> Trial:
    """Judge what `read` has returned as if the rules had been in force all along, whatever their times say."""
    judge, recent = Judge(0, rules, zone), Recent(MOST_REPORTS)
    shown = rows[:MOST]
    trial = Trial(
        len(shown),
        shown[-1].received_at if shown else None,
        len(rows) > MOST,
        {rule.code: Hits() for rule in rules.rules},
    )
    for place, row in enumerate(reversed(shown)):
        if place % _PAUSE_AFTER == 0:
            await asyncio.sleep(0)  # others have their turn
        _judge(trial, judge, recent, _keys(tenant, row), row, reference)
    return trial


def _judge(trial: Trial, judge: Judge, recent: Recent, keys: Mapping[By, Key], row: Any, reference: Reference) -> None:
    before = {by: recent.of(key).values() for by, key in keys.items()}
    point = None if row.lon is None else (row.lon, row.lat)
    suspect = Suspect(row.description, _suggested(row, reference), before, row.received_at, row.category, point)
    if not row.proactive:
        found = judge.suspicions(suspect, ever=True)
        for rule in found:
            hits = trial.by_rule[rule.code]
            hits.count += 1
            hits.examples = [row, *hits.examples[: EXAMPLES - 1]]
        trial.flagged += bool(found)
        trial.held += not row.self_handled and any(rule.action == "hold" for rule in found)
    for key in keys.values():
        recent.add(key, UUID(str(row.id)), Filed(row.received_at, text_digest(suspect.plain)))


def _keys(tenant: str, row: Any) -> dict[By, Key]:
    found: Mapping[By, str | bytes | None] = {"account": row.owner, "phone": row.phone, "device": row.device}
    return {by: (tenant, by, who) for by, who in found.items() if who is not None}


def _suggested(row: Any, reference: Reference) -> Suggested | None:
    """Return what the model had made of it: it was asked where no category was given."""
    if row.suggested_category is None:
        return None if row.category is not None else Suggested(0.0, is_advised=False)
    known = reference.categories.get(row.suggested_category)
    return Suggested(row.suggested_confidence or 0.0, known is not None and known.advice is not None)

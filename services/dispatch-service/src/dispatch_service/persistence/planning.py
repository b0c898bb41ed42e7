"""The county as a whole, as it is at one moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from dispatch_service.domain.rule_checks import Known
from dispatch_service.persistence import (
    clock_settings,
    county,
    reference,
    rosters,
    rule_references,
    rule_sets,
    rule_states,
)
from dispatch_service.persistence.rows import Row, as_rows
from dispatch_service.persistence.rule_sets import RuleRows
from dispatch_service.persistence.tables import officer
from dispatch_service.persistence.team_patterns import pattern_of

_ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Rows of one tenant that were there together."""

    version: int
    communities: Sequence[Row]
    teams: Sequence[Row]
    members: Mapping[str, Sequence[Row]]
    """By the code of the team."""
    pattern: Mapping[str, int]
    """How many members of each role a team shall have."""
    officers: Sequence[Row]
    """Those with skills."""
    posts: Sequence[Row]
    shifts: Sequence[Row]
    grids: Sequence[Row]
    rules: RuleRows | None
    """In force, without those that are switched off."""
    policy: Any
    known: Known
    """What rules may name."""
    settings: Mapping[str, Any]
    """Limits, office hours and calendars, by name."""


async def snapshot(engine: AsyncEngine, tenant: str) -> Snapshot:
    """Return all that cases of a tenant are routed, promised and worked by, but for duties."""
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ")
        everything: dict[str, Any] = {"after": "", "size": _ALL}
        teams = await reference.teams(connection, tenant, {}, **everything)
        skilled = sa.select(officer.c.subject, officer.c.skills).where(
            officer.c.tenant == tenant, sa.func.cardinality(officer.c.skills) > 0
        )
        rules = (await rule_sets.in_force(connection, [tenant])).get(tenant)
        off = {row["code"] for row in await rule_states.off(connection, [tenant])}
        return Snapshot(
            version=await county.version(connection, tenant),
            communities=await reference.communities(connection, tenant, {}, **everything),
            teams=teams,
            members=await reference.members(connection, tenant, [row["code"] for row in teams]),
            pattern=await pattern_of(connection, tenant),
            officers=as_rows(await connection.execute(skilled.order_by(officer.c.subject))),
            posts=await reference.posts(connection, tenant, {}, **everything),
            shifts=await rosters.shifts(connection, tenant),
            grids=await reference.grids(connection, tenant, {}, **everything),
            rules=None if rules is None else _without(rules, off),
            policy=(await rule_sets.policies(connection, [tenant])).get(tenant),
            known=(await rule_references.known(connection, [tenant]))[tenant],
            settings=(await clock_settings.contents(connection, [tenant])).get(tenant, {}),
        )


def _without(rules: RuleRows, off: set[str]) -> RuleRows:
    return RuleRows(rules.version, [row for row in rules.rules if row.get("code") not in off])

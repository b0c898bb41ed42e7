"""Which cases would go elsewhere, and why."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from dispatch_service.domain.simulation.past import PastCase
from dispatch_service.domain.simulation.scenario import Placement

Kind = Literal["off_duty", "on_duty", "rule", "no_rule", "rule_team", "grid", "grid_team"]
"""Nobody of the team on duty any more, or somebody now; by a rule, no longer by one; a rule that names another team;
another grid; another team of the same grid."""


class Reason(NamedTuple):
    """Why a case goes elsewhere: what is there now, and what was there before (None: neither rule nor grid)."""

    kind: Kind
    before: str | None
    after: str | None


class Move(NamedTuple):
    """A case that goes elsewhere."""

    number: str
    before: str
    """Code of the team."""
    after: str
    reason: Reason


@dataclass(slots=True)
class Changes:
    """What is different between two ways to run the county."""

    cases: int = 0
    teams: int = 0
    """Cases that go to another team."""
    grades: int = 0
    promises: int = 0
    """Cases that are promised for another time."""
    moves: list[Move] = field(default_factory=list)
    """The first of those that go elsewhere."""
    reasons: Counter[Reason] = field(default_factory=Counter)


def changes_of(cases: Iterable[tuple[PastCase, Placement, Placement]], *, shown: int) -> Changes:
    """Compare two placements of each case; keep the first `shown` that go to another team."""
    changes = Changes()
    for case, now, then in cases:
        changes.cases += 1
        changes.grades += now.route.grade is not then.route.grade
        changes.promises += now.promised_at != then.promised_at
        if now.team != then.team:
            reason = reason_of(now, then)
            changes.teams += 1
            changes.reasons[reason] += 1
            if len(changes.moves) < shown:
                changes.moves.append(Move(case.number, now.team, then.team, reason))
    return changes


def reason_of(now: Placement, then: Placement) -> Reason:
    """Say why a case that goes to another team does."""
    if now.instead_of != then.instead_of:
        kind: Kind = "on_duty" if then.instead_of is None else "off_duty"
        return Reason(kind, now.instead_of, then.instead_of)
    rule, rule_then = _naming(now), _naming(then)
    if rule != rule_then:
        return Reason("no_rule" if rule_then is None else "rule", rule, rule_then)
    if rule is not None:
        return Reason("rule_team", rule, rule_then)
    grid, grid_then = now.route.decision.grid, then.route.decision.grid
    return Reason("grid_team" if grid == grid_then else "grid", grid, grid_then)


def _naming(placement: Placement) -> str | None:
    """Return the rule that has named the team; None where the place has."""
    return placement.route.ruling.decided_by if placement.route.ruling.team is not None else None

"""From complaints to units: the rules of a tenant first, then its grids, then its duty desk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from dispatch_service.domain.limits import Grade
from dispatch_service.domain.routing import DUTY_DESK, Decision, GridMap, Point, Team
from dispatch_service.domain.rule_matching import RuleSet
from dispatch_service.domain.rules import Facts, Ruling

_NO_RULING = Ruling()
_KEPT = 20_000


class Helper(NamedTuple):
    """A team that helps 协办, and the rule that has named it."""

    team: Team
    rule: str


@dataclass(frozen=True, slots=True)
class Route:
    """Where a complaint goes, and why."""

    decision: Decision
    """What its place says."""
    ruling: Ruling
    """What rules say."""
    rules_version: int | None
    team: Team
    supporting: tuple[Helper, ...] = ()
    held: bool = False
    """Whether it waits at the duty desk, since intake suspects it."""

    @property
    def rule(self) -> Literal["grid", "duty_desk", "rule"]:
        """What has named the team."""
        if self.held:
            return "duty_desk"
        return self.decision.rule if self.ruling.decided_by is None else "rule"

    @property
    def grade(self) -> Grade:
        """How urgent it is."""
        return self.ruling.grade or Grade.ORDINARY

    def explanation(self) -> Mapping[str, object]:
        """Return what is kept with the case, so that anybody can see later why this unit got it."""
        told = {**self.decision.explanation(), "rule": self.rule, "team": self.team.code}
        if self.ruling.applied:
            told |= {"rules_version": self.rules_version, "rules": list(self.ruling.applied)}
        if self.ruling.decided_by is not None:
            told["rule_code"] = self.ruling.decided_by
        if self.supporting:
            told["supporting"] = [helper.team.code for helper in self.supporting]
        if self.ruling.skill is not None:
            told["skill"] = self.ruling.skill
        if self.held:
            told["held"] = True
        return told


class Router:
    """Routes the complaints of one tenant. The same place and rules give one and the same route, as an object."""

    def __init__(self, grids: GridMap, teams: Mapping[str, Team], rules: RuleSet | None = None) -> None:
        """`teams` are all that `rules` name, by code; the duty desk is that of `grids`."""
        self.rules = rules
        self.desk = grids.desk.team
        self._grids = grids
        self._teams = {**teams, DUTY_DESK: self.desk}
        self._routes: dict[tuple[int, int], Route] = {}

    def by_place(self, points: Sequence[Point | None]) -> list[Route]:
        """Return where complaints go by their places alone, in order."""
        return [self._route(decision, _NO_RULING) for decision in self._grids.decide(points)]

    def route(self, complaints: Sequence[Facts]) -> list[Route]:
        """Return where complaints go, in order."""
        decisions = self._grids.decide([facts.point for facts in complaints])
        if self.rules is None:
            return [self._route(decision, _NO_RULING) for decision in decisions]
        rulings = self.rules.judge(complaints, decisions)
        return [self._route(decision, ruling) for decision, ruling in zip(decisions, rulings, strict=True)]

    def hold(self, route: Route) -> Route:
        """Return the route of a complaint that waits at the duty desk first: as urgent as it is, with its place."""
        return Route(route.decision, Ruling(grade=route.ruling.grade), None, self.desk, held=True)

    def _route(self, decision: Decision, ruling: Ruling) -> Route:
        """Look up by identity: a route keeps both objects, so that no other gets their ids while it is kept."""
        key = (id(decision), id(ruling))
        route = self._routes.get(key)
        if route is None:
            if len(self._routes) >= _KEPT:
                self._routes.clear()
            route = self._routes[key] = self._make(decision, ruling)
        return route

    def _make(self, decision: Decision, ruling: Ruling) -> Route:
        team = decision.team if ruling.team is None else self._teams[ruling.team]
        helping = [Helper(self._teams[code], rule) for code, rule in ruling.supporting.items()]
        if ruling.grid_supports is not None and decision.rule == "grid":
            helping.append(Helper(decision.team, ruling.grid_supports))
        supporting: dict[str, Helper] = {}
        for helper in helping:
            if helper.team.code != team.code:
                supporting.setdefault(helper.team.code, helper)
        version = self.rules.version if self.rules is not None and ruling.applied else None
        return Route(decision, ruling, version, team, tuple(supporting.values()))

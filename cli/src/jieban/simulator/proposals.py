"""Proposed teams, grids and rules: checked as the API checks them, and put in the place of the present ones."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter

from dispatch_service.api.case_schemas import Code
from dispatch_service.api.grid_schemas import GridsBody
from dispatch_service.api.grids import examine
from dispatch_service.api.place_schemas import TeamBody
from dispatch_service.api.rule_problems import refusal_of
from dispatch_service.api.rule_schemas import RulesBody
from dispatch_service.domain.routing import Grid
from dispatch_service.domain.rule_checks import flaws_of, strangers
from dispatch_service.service.county import GivenGrid
from dispatch_service.service.rule_reading import rules_of
from jieban.simulator.county import County
from jieban.simulator.files import read_document
from jieban.simulator.plan import Plan, TeamPlan, team_of
from jieban.simulator.refusing import parse, refuse, refuse_problem
from runtime.problems import FieldError, Problem
from runtime.problems.language import Language

_TEAMS = TypeAdapter(dict[Code, TeamBody])
_GRIDS = TypeAdapter(GridsBody)
_RULES = TypeAdapter(RulesBody)
_LEAST_SQUARE_METRES = 1e9
"""Overlaps and gaps are not told here; `PUT /dispatch/v1/grids?dry_run=true` tells them."""


def with_teams(plan: Plan, county: County, path: Path, language: Language) -> Plan:
    """Return `plan` with the teams of a file added, or put in the place of those with the same codes."""
    bodies = parse(path, _TEAMS, read_document(path), language)
    errors = [
        FieldError(f"/{code}/community", "unknown-community")
        for code, body in bodies.items()
        if body.community is not None and body.community not in county.communities
    ]
    refuse(path, errors, language)
    teams = {
        code: TeamPlan(body.name, {each.subject: each.role == "mobile" for each in body.members})
        for code, body in bodies.items()
    }
    return replace(plan, teams={**plan.teams, **teams})


def with_grids(plan: Plan, county: County, path: Path, language: Language) -> Plan:
    """Return `plan` with the map of a file, which is the whole map: other grids are gone."""
    body = parse(path, _GRIDS, read_document(path), language)
    try:
        given, _ = examine(body, _LEAST_SQUARE_METRES)
    except Problem as problem:
        refuse_problem(path, problem, language)
        raise
    refuse(path, _strangers(given, plan, county), language)
    versions = {grid.code: grid.version for grid in plan.grids}
    grids = [
        Grid(each.code, versions.get(each.code, 0) + 1, each.community, team_of(plan.teams, each.team), each.area)
        for each in given
    ]
    return replace(plan, grids=grids)


def with_rules(plan: Plan, county: County, path: Path, language: Language) -> Plan:
    """Return `plan` with the rules of a file, which are all rules, in order."""
    body = parse(path, _RULES, read_document(path), language)
    rules = rules_of([rule.row() for rule in body.rules])
    faults = [*flaws_of(rules), *strangers(rules, plan.known(county))]
    if faults:
        refuse_problem(path, refusal_of(faults), language)
    return replace(plan, rules=rules, rules_version=(plan.rules_version or 0) + 1, unreadable=())


def _strangers(given: list[GivenGrid], plan: Plan, county: County) -> Iterator[FieldError]:
    for index, grid in enumerate(given):
        named: Mapping[str, bool] = {
            "community": grid.community in county.communities,
            "team": grid.team in plan.teams,
        }
        for kind, is_known in named.items():
            if not is_known:
                yield FieldError(f"/features/{index}/properties/{kind}", f"unknown-{kind}")

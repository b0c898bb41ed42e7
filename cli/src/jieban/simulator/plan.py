"""What may be proposed otherwise: teams, grids, rules, duties; and the scenario that they make."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import shapely

from dispatch_service.api.planning_schemas import CountyView
from dispatch_service.api.roster_schemas import DutyView
from dispatch_service.domain.router import Router
from dispatch_service.domain.routing import DUTY_DESK, Grid, GridMap, Point, Team
from dispatch_service.domain.rule_checks import Known, lost_of
from dispatch_service.domain.rule_matching import RuleSet
from dispatch_service.domain.rules import Rule
from dispatch_service.domain.simulation.duties import Duty, Roster
from dispatch_service.domain.simulation.scenario import Scenario
from dispatch_service.domain.working_time import MIDNIGHT, Span
from dispatch_service.persistence.rule_sets import PLANNED_AHEAD
from dispatch_service.service.rule_reading import readable_of
from jieban.simulator.county import County


@dataclass(frozen=True, slots=True)
class TeamPlan:
    """A team and its members: subjects, and whether each belongs to several teams (`mobile`)."""

    name: str
    members: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class PlannedDuty:
    """Somebody's duty, at a post where there is one."""

    team: str
    subject: str
    begins: datetime
    ends: datetime
    post: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A way to run the county."""

    teams: Mapping[str, TeamPlan]
    grids: Sequence[Grid]
    rules: Sequence[Rule]
    rules_version: int | None
    duties: Sequence[PlannedDuty]
    unreadable: Sequence[str] = field(default=())
    """Codes of rules in force that cannot be read, and are left out as routing leaves them out."""

    @classmethod
    def present(cls, view: CountyView, duties: Iterator[DutyView]) -> "Plan":
        """Return the county as it is now."""
        teams = {
            team.code: TeamPlan(team.name, {each.subject: each.role == "mobile" for each in team.members})
            for team in view.teams
        }
        rules, unreadable = readable_of([] if view.rules is None else view.rules.rules)
        return cls(
            teams=teams,
            grids=[
                Grid(
                    each.properties.code,
                    each.properties.version,
                    each.properties.community,
                    team_of(teams, each.properties.team),
                    shapely.geometry.shape(each.geometry),
                )
                for each in view.grids.features
            ],
            rules=rules,
            rules_version=None if view.rules is None else view.rules.version,
            duties=[PlannedDuty(each.team, each.subject, each.begins_at, each.ends_at, each.post) for each in duties],
            unreadable=unreadable,
        )

    def known(self, county: County) -> Known:
        """Return what rules may name."""
        return Known(
            teams={code: team.name for code, team in self.teams.items()},
            grids={grid.code: grid.community for grid in self.grids},
            communities=county.communities,
            skills=frozenset[str]().union(*county.skills.values()),
            categories=county.categories,
            sources=county.sources,
        )

    def lost(self, county: County) -> list[str]:
        """Return the codes of rules that name a team or place that is not there; routing would switch them off."""
        return list(lost_of(self.rules, self.known(county)))

    def middles(self) -> dict[str, Point]:
        """Return a point in the middle of the grids of each team."""
        areas: dict[str, list[object]] = defaultdict(list)
        for grid in self.grids:
            areas[grid.team.code].append(grid.area)
        found: dict[str, Point] = {}
        for code, parts in areas.items():
            point = shapely.union_all(parts).representative_point()
            found[code] = (point.x, point.y)
        return found

    def scenario(self, county: County, begin: datetime, until: datetime) -> Scenario:
        """Return what is simulated from `begin` to `until`."""
        teams = {code: team_of(self.teams, code) for code in self.teams}
        rules = None
        if self.rules:
            off = self.lost(county)
            rules = RuleSet(self.rules_version or 0, self.rules, county.calendar, zone=county.zone, off=off)
        areas = [grid for grid in self.grids if grid.area.is_valid and not grid.area.is_empty]
        router = Router(GridMap(areas, team_of(self.teams, DUTY_DESK)), teams, rules)
        roster = Roster([*self._planned(county), *self._assumed(county, begin, until)], PLANNED_AHEAD)
        return Scenario(router, county.work, county.policy, roster)

    def _planned(self, county: County) -> Iterator[Duty]:
        middles = self.middles()
        for duty in self.duties:
            yield Duty(
                team=duty.team,
                subject=duty.subject,
                begins=duty.begins.timestamp(),
                ends=duty.ends.timestamp(),
                place=county.posts.get(duty.post or "", middles.get(duty.team)),
                skills=county.skills.get(duty.subject, frozenset()),
            )

    def _assumed(self, county: County, begin: datetime, until: datetime) -> Iterator[Duty]:
        """Yield office hours for the members of teams without a roster; nobody is counted in two teams."""
        middles = self.middles()
        spans = list(_office_spans(county, begin, until))
        for subject, code in sorted(self._homes().items()):
            for begins, ends in spans:
                yield Duty(
                    team=code,
                    subject=subject,
                    begins=begins,
                    ends=ends,
                    place=middles.get(code),
                    skills=county.skills.get(subject, frozenset()),
                    assumed=True,
                )

    def _homes(self) -> dict[str, str]:
        """Return the team of each member of a team without a roster: where they are not mobile, else the first."""
        rostered = {duty.team for duty in self.duties}
        taken = {duty.subject for duty in self.duties}
        homes: dict[str, tuple[bool, str]] = {}
        for code, team in self.teams.items():
            for subject, is_mobile in team.members.items():
                if code not in rostered and subject not in taken:
                    homes[subject] = min(homes.get(subject, (True, code)), (is_mobile, code))
        return {subject: code for subject, (_, code) in homes.items()}


def team_of(teams: Mapping[str, TeamPlan], code: str) -> Team:
    """Return a team with its name; one that is not known bears its code."""
    return Team(code, teams[code].name if code in teams else code)


def _office_spans(county: County, begin: datetime, until: datetime) -> Iterator[tuple[float, float]]:
    day = begin.astimezone(county.zone).date()
    last = until.astimezone(county.zone).date()
    while day <= last:
        if county.calendar.is_working(day):
            for span in county.calendar.office_hours:
                yield _moments(day, span, county)
        day += timedelta(days=1)


def _moments(day: date, span: Span, county: County) -> tuple[float, float]:
    opens, closes = span
    last = day + timedelta(days=1) if closes == MIDNIGHT else day
    begins, ends = datetime.combine(day, opens, county.zone), datetime.combine(last, closes, county.zone)
    return begins.timestamp(), ends.timestamp()

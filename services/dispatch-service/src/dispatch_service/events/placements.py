"""Who gets the cases of a slice, and by when: the same for many of them, so each different answer is made once."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from contracts.events import ComplaintAssigned
from dispatch_service.domain.clocks import Clock
from dispatch_service.domain.router import Helper, Route
from dispatch_service.domain.staffing import Assignment
from dispatch_service.persistence.case_slices import Placements

_json = json.JSONEncoder(ensure_ascii=False).encode


class Started(NamedTuple):
    """A clock, and the version of the settings that it goes by."""

    version: int
    clock: Clock


class Placed(NamedTuple):
    """Who gets a case of which tenant, why, and by when."""

    tenant: str
    route: Route
    assignment: Assignment
    started: Started

    @property
    def supporting(self) -> tuple[Helper, ...]:
        """Who helps: not the team that leads in the end."""
        return tuple(helper for helper in self.route.supporting if helper.team.code != self.assignment.team.code)

    def told(self) -> dict[str, object]:
        """Return what is kept with the case, so that anybody can see why."""
        return {**self.shared_told(), **self.assignment.choice_told()}

    def shared_told(self) -> dict[str, object]:
        """Return of that what goes for all cases of the slice with this answer, whichever officer gets them."""
        told = {**self.route.explanation(), **self.assignment.team_told()}
        if self.route.supporting:
            told["supporting"] = [helper.team.code for helper in self.supporting]
        return told

    def assigned(self) -> ComplaintAssigned:
        """Return what the event says."""
        decision, team = self.route.decision, self.assignment.team
        return ComplaintAssigned(
            team=team.code,
            team_name=team.name,
            grid=decision.grid,
            community=decision.community,
            round=1,
            rule=self.route.rule if self.assignment.instead_of is None else "duty_desk",
            rule_code=self.route.ruling.decided_by,
            officer=self.assignment.officer,
            supporting=tuple(helper.team.code for helper in self.supporting) or None,
            **self.started.clock.told(),
        )


class Gathered:
    """The answers of a slice, each different one once: `places` says, per event, which, from 1.

    Which officer gets a case, and why that one, differs from case to case; all else does not.
    """

    def __init__(self, placed: Sequence[Placed]) -> None:
        """Routes and clocks are told apart as objects, which is much cheaper than comparing fields."""
        self.placed = placed
        place_of: dict[tuple[object, ...], int] = {}
        self.places: list[int] = []
        self.distinct: list[Placed] = []
        for each in placed:
            given = each.assignment
            key = (id(each.route), id(given.team), id(given.instead_of), given.expected_from, id(each.started))
            place = place_of.get(key)
            if place is None:
                self.distinct.append(each)
                place = place_of[key] = len(self.distinct)
            self.places.append(place)

    def assigned(self) -> list[ComplaintAssigned]:
        """Return what the event of each case says; cases of one officer share it."""
        made: dict[tuple[int, str | None], ComplaintAssigned] = {}
        said: list[ComplaintAssigned] = []
        for place, each in zip(self.places, self.placed, strict=True):
            key = (place, each.assignment.officer)
            said.append(made.get(key) or made.setdefault(key, each.assigned()))
        return said

    def officers(self) -> list[str | None]:
        """Return who was chosen for each case."""
        return [each.assignment.officer for each in self.placed]

    def choices(self) -> list[str]:
        """Return, as JSON, why that officer was chosen for each case."""
        return [_json(each.assignment.choice_told()) for each in self.placed]

    def placements(self) -> Placements:
        """Return them column by column."""
        distinct = self.distinct
        decisions = [each.route.decision for each in distinct]
        clocks = [each.started.clock for each in distinct]
        return Placements(
            tenant=[each.tenant for each in distinct],
            team=[each.assignment.team.code for each in distinct],
            grid=[decision.grid for decision in decisions],
            grid_version=[decision.grid_version for decision in decisions],
            community=[decision.community for decision in decisions],
            explanation=[_json(each.shared_told()) for each in distinct],
            expected_from=[each.assignment.expected_from for each in distinct],
            grade=[each.route.grade.value for each in distinct],
            clock_version=[each.started.version for each in distinct],
            clock_unit=[clock.unit.value for clock in clocks],
            clock_budget=[clock.budget for clock in clocks],
            accept_warn_at=[clock.accept.warn_at for clock in clocks],
            accept_by=[clock.accept_by for clock in clocks],
            accept_twice_at=[clock.accept.twice_at for clock in clocks],
            on_site_warn_at=[clock.on_site.warn_at for clock in clocks],
            on_site_by=[clock.on_site_by for clock in clocks],
            on_site_twice_at=[clock.on_site.twice_at for clock in clocks],
            warn_at=[clock.warn_at for clock in clocks],
            promised_at=[clock.promised_at for clock in clocks],
            twice_at=[clock.resolve.twice_at for clock in clocks],
        )

"""A proposed roster: read from JSON, YAML or CSV, checked as a plan of duties is, and put in place of the present."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from dispatch_service.api.case_schemas import Code
from dispatch_service.api.roster_schemas import DayPlaceBody, RosterBody, WeekPlaceBody
from dispatch_service.domain.roster import Place, Stint, clashes
from jieban.simulator.county import County
from jieban.simulator.files import is_table, read_document, read_table
from jieban.simulator.plan import Plan, PlannedDuty
from jieban.simulator.refusing import parse, refuse
from runtime.problems import FieldError
from runtime.problems.language import Language

_ROSTERS = TypeAdapter(dict[Code, RosterBody])
_DAY = TypeAdapter(DayPlaceBody)
_WEEKDAY = TypeAdapter(WeekPlaceBody)
_TEAM = TypeAdapter(Code)


class _Part(NamedTuple):
    """Duties of one team: a roster of a document, or one row of a table, in which case `line` names it."""

    team: str
    body: RosterBody
    line: str | None = None

    def pointer(self, inside: str) -> str:
        """Return where the file names a duty."""
        return self.line or f"/{self.team}/{inside}"


class _Given(NamedTuple):
    """A duty that is proposed, and where the file names it."""

    team: str
    day: date
    place: Place
    pointer: str


def with_roster(
    plan: Plan, county: County, path: Path, language: Language, *, begin: datetime, until: datetime
) -> Plan:
    """Return `plan` with the duties of a file for the teams that it names, in place of all that they have.

    A week of the file repeats from `begin` to `until`; single days beyond are left out. UserError for unknown teams,
    shifts and posts, officers who are no members, anybody in two places, and a file without a duty in that time.
    """
    first, last = (moment.astimezone(county.zone).date() for moment in (begin, until))
    parts = list(_of_table(path, language) if is_table(path) else _of_document(path, language))
    given = list(_given(parts, first, last))
    if not given:
        refuse(path, [FieldError("", "outside-period", {"first": first, "last": last})], language)
    refuse(path, _strangers(given, plan, county), language)
    proposed = [(_duty(each, county), each.pointer) for each in given]
    teams = {part.team for part in parts}
    kept = [duty for duty in plan.duties if duty.team not in teams]
    refuse(path, _in_two_places(kept, proposed), language)
    return replace(plan, duties=[*kept, *(duty for duty, _ in proposed)])


def _of_document(path: Path, language: Language) -> Iterator[_Part]:
    for team, body in parse(path, _ROSTERS, read_document(path), language).items():
        yield _Part(team, body)


def _of_table(path: Path, language: Language) -> Iterator[_Part]:
    """Read rows of team, day (or weekday), shift, subject and, where there is one, post."""
    for line, row in read_table(path):
        cells: dict[str, Any] = dict(row)
        where = f"line {line}"
        team = parse(path, _TEAM, cells.pop("team", None), language, f"{where}/team")
        if "weekday" in cells:
            cells["weekday"] = int(row["weekday"]) if row["weekday"].isdecimal() else row["weekday"]
            yield _Part(team, RosterBody(week=[parse(path, _WEEKDAY, cells, language, where)]), where)
        else:
            yield _Part(team, RosterBody(duties=[parse(path, _DAY, cells, language, where)]), where)


def _given(parts: Sequence[_Part], first: date, last: date) -> Iterator[_Given]:
    for part in parts:
        for day, place in part.body.by_day(first, last):
            yield _Given(part.team, day, place, part.pointer("week"))
        for index, each in enumerate(part.body.duties):
            if first <= each.day <= last:
                yield _Given(part.team, each.day, each.place(), part.pointer(f"duties/{index}"))


def _strangers(given: Sequence[_Given], plan: Plan, county: County) -> Iterator[FieldError]:
    """Yield what is not known, each place of the file once, however many days it stands for."""
    for team, place, pointer in dict.fromkeys((each.team, each.place, each.pointer) for each in given):
        where = f"{pointer} ({place.subject})"
        if place.shift not in county.shifts:
            yield FieldError(where, "unknown-shift")
        if team not in plan.teams:
            yield FieldError(where, "unknown-team")
        elif place.subject not in plan.teams[team].members:
            yield FieldError(where, "not-a-member")
        if place.post is not None and place.post not in county.posts:
            yield FieldError(where, "unknown-post")


def _duty(given: _Given, county: County) -> PlannedDuty:
    begins, ends = county.shifts[given.place.shift].on(given.day, county.zone)
    return PlannedDuty(given.team, given.place.subject, begins, ends, given.place.post)


def _in_two_places(kept: Sequence[PlannedDuty], proposed: Sequence[tuple[PlannedDuty, str]]) -> Iterator[FieldError]:
    """Yield the first clash of each place of the file; clashes of duties that are there are not this plan's doing."""
    stints = [Stint(duty.subject, duty.begins, duty.ends, None) for duty in kept]
    stints += [Stint(duty.subject, duty.begins, duty.ends, pointer) for duty, pointer in proposed]
    told: set[object] = {None}
    for one, other in clashes(stints):
        new, old = (other, one) if other.source is not None else (one, other)
        if new.source not in told:
            told.add(new.source)
            taken = {"subject": old.subject, "begins": old.begins.isoformat(), "ends": old.ends.isoformat()}
            yield FieldError(str(new.source), "in-two-places", taken)

"""Makes the duties of a team in a period others than they were: what stays the same, or is over, is left alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.roster import Place
from dispatch_service.domain.roster_errors import DutyBegun, DutyOver, RosterError
from dispatch_service.persistence import duty_requests, roster_versions, rosters
from dispatch_service.persistence.rows import Row
from dispatch_service.service.duty_planning import (
    Given,
    LeftOut,
    Period,
    apart,
    conflicts,
    known_to,
    place_of,
    row_of,
    stint_of,
    touching,
)

NOT_PLANNED_ANY_MORE = (
    "重新排班后，申请所涉的班次已取消。 The roster was planned anew, without a duty that this request is about."
)
"""What whoever has asked reads of a request that has ended with its duty."""
_FREE_TO_CHANGE = ("post", "begins_at", "ends_at")
"""A duty is still the same with another post, or the present hours of its shift."""


class Turn(NamedTuple):
    """What makes two duties of a team the same: somebody works a shift on a day."""

    day: date
    shift: str
    subject: str


@dataclass(frozen=True, slots=True)
class Flaw:
    """A place that cannot be planned, and why; or a duty that cannot go, which nobody has given (`pointer` is None)."""

    day: date
    place: Place
    reason: RosterError
    pointer: str | None


@dataclass(frozen=True, slots=True)
class Replan:
    """What becomes of the duties of a team in a period."""

    period: Period
    new: Sequence[Row]
    changed: Sequence[Row]
    """Duties that stay, with another post or other hours."""
    gone: Sequence[Row]
    duties: int
    """How many are planned then, those that are over left out of account."""
    over: int
    """How many are over, and stay as they are."""
    back: Sequence[Row]
    """Duties of their own that end the leave of their officers."""
    left_out: Sequence[LeftOut]
    """For leave."""
    flaws: Sequence[Flaw]


class _Wanted(NamedTuple):
    row: Row
    given: Given
    former: Row | None


async def draft(
    connection: AsyncConnection, period: Period, given: Sequence[Given], zone: ZoneInfo, now: datetime
) -> Replan:
    """Work out what becomes of a team's duties where `given` take the place of those planned. The county is locked.

    A duty that is over stays as it is, and none is planned for a time that is over. A week leaves out whoever is on
    leave. With flaws, it cannot be carried out.
    """
    present = await rosters.lock_days(connection, period.tenant, period.team, period.first, period.last)
    over = [row for row in present if row["ends_at"] <= now]
    former = {_turn_of(row): row for row in present if row["ends_at"] > now and row["state"] == "planned"}
    ids = {row["id"] for row in former.values()}
    wanted, flaws = await _wanted(connection, period, given, {_turn_of(row) for row in over}, former, zone, now)
    stints = [stint_of(each.row, key) for key, each in wanted.items()]
    free, away = apart(stints, await touching(connection, period.tenant, stints, state="leave"))
    back = [stint for stint in away if not wanted[stint.source].given.of_week]
    for stint, reason in await conflicts(connection, period.tenant, [*free, *back], besides=ids):
        flaws.append(_flaw(wanted[stint.source].given, reason))
    planned = [wanted[stint.source] for stint in (*free, *back)]
    kept = {each.former["id"] for each in planned if each.former is not None}
    gone = [row for row in present if row["id"] in ids and row["id"] not in kept]
    changed = [each.row for each in planned if each.former is not None and each.row != each.former]
    begun = [row for row in (*gone, *changed) if row["clocked_in_at"] is not None]
    left_out = [wanted[stint.source].given for stint in away if wanted[stint.source].given.of_week]
    return Replan(
        period=period,
        new=[each.row for each in planned if each.former is None],
        changed=changed,
        gone=gone,
        duties=len(planned),
        over=len(over),
        back=[wanted[stint.source].row for stint in back],
        left_out=[LeftOut(each.day, each.place, "leave") for each in left_out],
        flaws=[*(Flaw(row["day"], place_of(row), DutyBegun(), None) for row in begun), *flaws],
    )


async def carry_out(connection: AsyncConnection, replan: Replan, actor: str, now: datetime) -> int:
    """Make the duties those of a draft without flaws; return the version of the team's roster then.

    What was asked about a duty that goes and nobody has decided ends, and says why.
    """
    tenant, gone = replan.period.tenant, [row["id"] for row in replan.gone]
    await rosters.remove(connection, tenant, gone)
    await duty_requests.drop(connection, tenant, gone, actor=actor, now=now, note=NOT_PLANNED_ANY_MORE)
    await rosters.end_leave(connection, tenant, replan.period.team, replan.back)
    await rosters.change_all(connection, replan.changed, _FREE_TO_CHANGE)
    await rosters.add(connection, replan.new)
    return await roster_versions.count(connection, tenant, replan.period.team)


async def _wanted(
    connection: AsyncConnection,
    period: Period,
    given: Sequence[Given],
    over: set[Turn],
    former: Mapping[Turn, Row],
    zone: ZoneInfo,
    now: datetime,
) -> tuple[dict[object, _Wanted], list[Flaw]]:
    """Return the duties that are to be, by id, each with what it was; and what of `given` cannot be."""
    known = await known_to(connection, period.tenant, period.team, [each.place for each in given])
    wanted: dict[object, _Wanted] = {}
    left = dict(former)
    flaws: list[Flaw] = []
    for each in given:
        turn = Turn(each.day, each.place.shift, each.place.subject)
        if turn in over:
            continue
        if (flaw := known.flaw(each.place)) is not None:
            flaws.append(_flaw(each, flaw))
            continue
        row = row_of(period, each, known.hours[each.place.shift], zone)
        if row["ends_at"] > now:
            was = left.pop(turn, None)
            row = row if was is None else {**was, **{name: row[name] for name in _FREE_TO_CHANGE}}
            wanted[row["id"]] = _Wanted(row, each, was)
        elif not each.of_week:
            flaws.append(_flaw(each, DutyOver()))
    return wanted, flaws


def _flaw(given: Given, reason: RosterError) -> Flaw:
    return Flaw(given.day, given.place, reason, given.pointer)


def _turn_of(row: Row) -> Turn:
    return Turn(row["day"], row["shift"], row["subject"])

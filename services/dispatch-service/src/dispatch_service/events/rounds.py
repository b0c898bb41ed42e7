"""Another round of work: rework 返工 after a failed verification, or reopening 重办 of what was closed.

The unit that had the case has it again, with a clock of its own for the round.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import AssignedBy, ComplaintAssigned
from contracts.lifecycle import EventType
from dispatch_service.domain.case import Case
from dispatch_service.persistence import rounds, stale_clocks
from dispatch_service.persistence.rounds import Begun
from dispatch_service.persistence.stale_clocks import Renewed
from dispatch_service.service.announcements import answer
from dispatch_service.service.clockworks import Clockworks

_REASONS: Mapping[EventType, AssignedBy] = {EventType.REWORK_ORDERED: "rework", EventType.REOPENED: "reopening"}


class NewRound(NamedTuple):
    """A case as it is when its round begins, and what has caused that."""

    cause: Event
    case: Case
    sequence: int
    """Of the assignment."""


async def begin(
    connection: AsyncConnection, clockworks: Clockworks, begun: Sequence[NewRound], now: datetime
) -> list[Event]:
    """Give each case its clock and return the `assigned` events, in order; the cases have been saved."""
    known = await rounds.begin(connection, [(each.case, _REASONS[each.cause.type]) for each in begun], now)
    works = await clockworks.of(connection, {each.case.tenant for each in begun})
    renewed = {}
    for key, each in known.items():
        work, old = works[each.stale.case.tenant], each.stale.known
        clock = work.start(old.category, old.grade, begun_at=now, assigned_at=now)
        renewed[key] = Renewed(each.stale, work.version, clock, begun_at=now, is_new_round=True)
    await stale_clocks.save(connection, list(renewed.values()))
    return [
        answer(
            each.cause,
            EventType.ASSIGNED,
            each.sequence,
            _assignment(each, known[each.case.complaint_id], renewed[each.case.complaint_id]),
            at=now,
        )
        for each in begun
    ]


def _assignment(new_round: NewRound, begun: Begun, renewed: Renewed) -> ComplaintAssigned:
    case = new_round.case
    return ComplaintAssigned(
        team=case.team,
        team_name=begun.team_name or case.team,
        grid=case.grid,
        community=case.community,
        round=case.round,
        rule=_REASONS[new_round.cause.type],
        supporting=begun.supporting or None,
        promised_at=renewed.clock.promised_at,
    )

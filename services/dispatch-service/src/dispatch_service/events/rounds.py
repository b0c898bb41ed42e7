"""Work that begins anew: rework 返工, reopening 重办 of what was closed, or what is no longer merged 取消并案.

The unit that had the case has it again, with a clock of its own for the round; who of it, is chosen anew.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import AssignedBy, ComplaintAssigned
from contracts.lifecycle import EventType
from dispatch_service.domain.case import Case
from dispatch_service.domain.routing import Team
from dispatch_service.persistence import rounds, stale_clocks
from dispatch_service.persistence.rounds import Beginning, Begun, Spot
from dispatch_service.persistence.stale_clocks import Renewed
from dispatch_service.service.announcements import answer
from dispatch_service.service.choosing import Chosen, chosen_of, staff_for
from dispatch_service.service.rulebooks import Rulebook, Rulebooks

_REASONS: Mapping[EventType, AssignedBy] = {
    EventType.REWORK_ORDERED: "rework",
    EventType.REOPENED: "reopening",
    EventType.UNMERGED: "unmerging",
}


class NewRound(NamedTuple):
    """A case as it is when its round begins, and what has caused that."""

    cause: Event
    case: Case
    sequence: int
    """Of the assignment."""


async def begin(
    connection: AsyncConnection, rulebooks: Rulebooks, begun: Sequence[NewRound], now: datetime
) -> list[Event]:
    """Give each case its officer and its clock, and return the `assigned` events, in order; the cases have been saved.

    A constant number of statements.
    """
    books = await rulebooks.of(connection, {each.case.tenant for each in begun}, now)
    spots = await rounds.spots(connection, [each.case for each in begun])
    chosen = await _choose(connection, books, [each.case for each in begun], spots, now)
    beginnings = [_beginning(each, chosen[each.case.complaint_id], spots[each.case.complaint_id]) for each in begun]
    known = await rounds.begin(connection, beginnings, now)
    renewed = {}
    for key, each in known.items():
        work, old = books[each.stale.case.tenant].work, each.stale.known
        clock = work.start(old.category, old.grade, begun_at=now, assigned_at=now, deadline=old.deadline)
        renewed[key] = Renewed(each.stale, work.version, clock, begun_at=now, is_new_round=True)
    await stale_clocks.save(connection, list(renewed.values()))
    return [
        answer(
            each.cause,
            EventType.ASSIGNED,
            each.sequence,
            _assignment(
                each,
                known[each.case.complaint_id],
                renewed[each.case.complaint_id],
                chosen[each.case.complaint_id].assignment.officer,
            ),
            at=now,
        )
        for each in begun
    ]


async def _choose(
    connection: AsyncConnection,
    books: Mapping[str, Rulebook],
    cases: Sequence[Case],
    spots: Mapping[UUID, Spot],
    now: datetime,
) -> dict[UUID, Chosen]:
    """Return who of its team gets each case."""
    wanted = {(case.tenant, case.team) for case in cases}
    policies = {tenant: books[tenant].policy for tenant, _ in wanted}
    staff = await staff_for(connection, wanted, policies, now)
    return {
        case.complaint_id: chosen_of(
            staff,
            case.tenant,
            policies[case.tenant],
            Team(case.team, case.team),
            skill=spots[case.complaint_id].skill,
            point=spots[case.complaint_id].point,
        )
        for case in cases
    }


def _beginning(new_round: NewRound, chosen: Chosen, spot: Spot) -> Beginning:
    case, reason = new_round.case, _REASONS[new_round.cause.type]
    why = {"rule": reason, "grid": case.grid, "team": case.team, "round": case.round, **chosen.explanation()}
    if spot.held and new_round.cause.type == EventType.UNMERGED:
        why["held"] = True  # until intake clears it
    return Beginning(case, why, chosen.assignment.officer, chosen.assignment.expected_from)


def _assignment(new_round: NewRound, begun: Begun, renewed: Renewed, officer: str | None) -> ComplaintAssigned:
    case = new_round.case
    return ComplaintAssigned(
        team=case.team,
        team_name=begun.team_name or case.team,
        grid=case.grid,
        community=case.community,
        round=case.round,
        rule=_REASONS[new_round.cause.type],
        officer=officer,
        supporting=begun.supporting or None,
        **renewed.clock.told(),
    )

"""Work that begins anew: rework 返工, reopening 重办 of what was closed, or what is no longer merged 取消并案.

The unit that had the case has it again, with a clock of its own for the round; who of it, is chosen anew. What that
unit has given back waits for another, as it did before the merge, with such a clock.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import AssignedBy, ComplaintAssigned, ComplaintRescheduled, Payload
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
    """Of the event that tells it."""
    waits: bool = False
    """Whether its unit has given it back."""


async def begin(
    connection: AsyncConnection, rulebooks: Rulebooks, begun: Sequence[NewRound], now: datetime
) -> list[Event]:
    """Give each case its officer and its clock, and return the `assigned` events, in order; the cases have been saved.

    Of what waits for another unit only the new promise is told (`rescheduled`). A constant number of statements.
    """
    books = await rulebooks.of(connection, {each.case.tenant for each in begun}, now)
    spots = await rounds.spots(connection, [each.case for each in begun])
    chosen = await _choose(connection, books, [each.case for each in begun if not each.waits], spots, now)
    beginnings = [_beginning(each, chosen.get(each.case.complaint_id), spots[each.case.complaint_id]) for each in begun]
    known = await rounds.begin(connection, beginnings, now)
    renewed = {}
    for key, each in known.items():
        work, old = books[each.stale.case.tenant].work, each.stale.known
        clock = work.start(old.category, old.grade, begun_at=now, assigned_at=now, deadline=old.deadline)
        renewed[key] = Renewed(each.stale, work.version, clock, begun_at=now, is_new_round=True)
    await stale_clocks.save(connection, list(renewed.values()))
    answers = []
    for new_round in begun:
        key = new_round.case.complaint_id
        if new_round.waits:
            kind, said = EventType.RESCHEDULED, _promise(renewed[key])
        else:
            officer = chosen[key].assignment.officer
            kind, said = EventType.ASSIGNED, _assignment(new_round, known[key], renewed[key], officer)
        answers.append(answer(new_round.cause, kind, new_round.sequence, said, at=now))
    return answers


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


def _beginning(new_round: NewRound, chosen: Chosen | None, spot: Spot) -> Beginning:
    case, reason = new_round.case, _REASONS[new_round.cause.type]
    why: dict[str, object] = {"rule": reason, "grid": case.grid, "team": case.team, "round": case.round}
    if spot.held and new_round.cause.type == EventType.UNMERGED:
        why["held"] = True  # until intake clears it
    if spot.skill is not None:
        why["skill"] = spot.skill
    if chosen is None:
        return Beginning(case, why, None, None, responsible=case.team)
    why |= chosen.explanation()
    return Beginning(case, why, chosen.assignment.officer, chosen.assignment.expected_from)


def _promise(renewed: Renewed) -> Payload:
    return ComplaintRescheduled(promised_before=renewed.promised_before, **renewed.clock.told())


def _assignment(new_round: NewRound, begun: Begun, renewed: Renewed, officer: str | None) -> Payload:
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

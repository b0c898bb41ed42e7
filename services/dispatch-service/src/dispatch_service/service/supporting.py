"""Supporting units 协办: which teams help the one that leads, and what they contribute."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import ComplaintContributed, Place
from contracts.lifecycle import EventType
from dispatch_service.domain.case import Case, check_open
from dispatch_service.domain.errors import UnknownTeam
from dispatch_service.domain.life_errors import LeadResolves, LeadSupports, NotInvolved, UnknownSupport
from dispatch_service.domain.photos import Photo
from dispatch_service.persistence import case_records, cases, support
from dispatch_service.persistence.tables import case_contribution
from dispatch_service.service.acting import Action, announce_action, check_round, lock
from dispatch_service.service.starting import distance_of


@dataclass(frozen=True, slots=True)
class Contribution:
    """What was done, where, with which photos; `part_done`: it was all that the supporting team has to do."""

    text: str
    photos: Sequence[Photo] = ()
    position: Place | None = None
    part_done: bool = False


async def add(connection: AsyncConnection, action: Action, team: str) -> None:
    """Let a team support the case; nothing happens where it does already.

    Raises CaseNotFound, ActionConflict, UnknownTeam, LeadSupports.
    """
    case = await lock(connection, action)
    check_open(case)
    if not await cases.known_teams(connection, case.tenant, [team]):
        raise UnknownTeam(team)
    if team == case.team:
        raise LeadSupports("team")
    if await support.add(connection, case, [team], action.actor, action.now):
        await _save(connection, action, case)


async def remove(connection: AsyncConnection, action: Action, team: str) -> None:
    """Let a team support the case no longer. Raises CaseNotFound, ActionConflict, UnknownSupport."""
    case = await lock(connection, action)
    check_open(case)
    if not await support.remove(connection, case, team):
        raise UnknownSupport
    await _save(connection, action, case)


async def contribute(connection: AsyncConnection, action: Action, contribution: Contribution) -> None:
    """Add what an officer of the leading or a supporting team has done; the case keeps its version and its lead.

    Raises CaseNotFound, ActionConflict, NotInvolved, LeadResolves, StartFarAway, and ChangedMeanwhile for what was done
    before the present round began.
    """
    case = await lock(connection, action)
    team = await _team_for(connection, action, case, contribution)
    check_open(case)
    await check_round(connection, action, case)
    metres = await distance_of(connection, case, contribution.position)
    if contribution.part_done:
        await support.finish(connection, case, team, action.actor, action.moment)
    await case_records.add(
        connection,
        case_contribution,
        case,
        team=team,
        text=contribution.text,
        photos=[photo.row() for photo in contribution.photos],
        actor=action.actor,
        at=action.moment,
        supporting=team != case.team,
        distance_metres=metres,
        part_done=contribution.part_done,
    )
    case.tell(EventType.CONTRIBUTED)
    await cases.save(connection, case, action.now)
    await announce_action(connection, case, EventType.CONTRIBUTED, _told(action, case, team, contribution), action)


async def _team_for(connection: AsyncConnection, action: Action, case: Case, contribution: Contribution) -> str:
    """Return the officer's team that contributes: the one that leads, or for a part that is done one that supports."""
    own = await cases.teams_of(connection, case.tenant, action.actor)
    helping = [team for team in await support.teams(connection, case) if team in own]
    leading = [case.team] if case.team in own else []
    if not helping and not leading:
        raise NotInvolved(case.team)
    if contribution.part_done and not helping:
        raise LeadResolves
    return helping[0] if contribution.part_done or not leading else leading[0]


def _told(action: Action, case: Case, team: str, contribution: Contribution) -> ComplaintContributed:
    return ComplaintContributed(
        actor=action.actor,
        team=team,
        supporting=team != case.team,
        text=contribution.text,
        position=contribution.position,
        photos=tuple(photo.id for photo in contribution.photos) or None,
        part_done=contribution.part_done,
        contributed_at=action.done_at,
    )


async def _save(connection: AsyncConnection, action: Action, case: Case) -> None:
    case.version += 1
    await cases.save(connection, case, action.now)

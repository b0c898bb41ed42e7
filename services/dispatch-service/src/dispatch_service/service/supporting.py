"""Supporting units 协办: which teams help the one that leads, and what they contribute."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.case import Case, check_open
from dispatch_service.domain.errors import UnknownTeam
from dispatch_service.domain.life_errors import LeadSupports, NotInvolved, UnknownSupport
from dispatch_service.domain.photos import Photo
from dispatch_service.persistence import case_records, cases, support
from dispatch_service.persistence.tables import case_contribution
from dispatch_service.service.acting import Action, lock


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


async def contribute(connection: AsyncConnection, action: Action, text: str, photos: Sequence[Photo]) -> None:
    """Add what an officer of the leading or a supporting team has done; the case keeps its version.

    Raises CaseNotFound, ActionConflict, NotInvolved.
    """
    case = await lock(connection, action)
    check_open(case)
    own = await cases.teams_of(connection, case.tenant, action.actor)
    involved = [team for team in (case.team, *await support.teams(connection, case)) if team in own]
    if not involved:
        raise NotInvolved(case.team)
    given = {"team": involved[0], "text": text, "photos": [photo.row() for photo in photos]}
    await case_records.add(connection, case_contribution, case, **given, actor=action.actor, at=action.now)


async def _save(connection: AsyncConnection, action: Action, case: Case) -> None:
    case.version += 1
    await cases.save(connection, case, action.now)

"""How much work teams and officers have."""

from collections import defaultdict
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from dispatch_service.api.deps import ReadEngine, Staff
from dispatch_service.domain.workload import NOTHING, Load, total
from dispatch_service.persistence import workload
from operations.filters import Code
from runtime.clock import now
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/workload", tags=["cases"], responses=PROBLEM_RESPONSES)


class LoadView(BaseModel):
    """Open cases, `waiting` for somebody to accept them, and by light; `red` is beyond the promised time."""

    open: int
    waiting: int
    green: int
    yellow: int
    red: int
    oldest_received_at: datetime | None
    earliest_promised_at: datetime | None


class OfficerLoad(LoadView):
    """What an officer has accepted and not resolved."""

    subject: str
    is_member: bool
    on_duty: bool


class TeamLoad(LoadView):
    """What a team has to do; cases that nobody has accepted are the team's and no officer's."""

    code: str
    name: str
    community: str | None
    on_duty: int
    officers: list[OfficerLoad]


class Workload(LoadView):
    """All the teams together, and each."""

    at: datetime
    on_duty: int
    teams: list[TeamLoad]


@router.get("")
async def show_workload(
    caller: Staff,
    engine: ReadEngine,
    team: Code | None = None,
    community: Code | None = None,
    on_duty: Annotated[bool, Query(description="Only officers who are on duty now.")] = False,
) -> Workload:
    """Show the open cases of teams and officers 工作量, with lights, the oldest of them, and who is on duty now."""
    at = now()
    async with engine.connect() as connection:
        teams, members, duties, loads = await workload.read(
            connection, caller.tenant, at, team=team, community=community
        )
    officers: dict[str, dict[str | None, Load]] = defaultdict(dict)
    for row in loads:
        officers[row["team"]][row["subject"]] = Load.of(row)
    people = _People({(row["team"], row["subject"]) for row in members}, {(r["team"], r["subject"]) for r in duties})
    views = [_team_load(row, officers[row["code"]], people, only_on_duty=on_duty) for row in teams]
    whole = total(load for row in teams for load in officers[row["code"]].values())
    return Workload(**asdict(whole), at=at, on_duty=sum(view.on_duty for view in views), teams=views)


class _People:
    def __init__(self, members: set[tuple[str, str]], on_duty: set[tuple[str, str]]) -> None:
        self.members = members
        self.on_duty = on_duty

    def of(self, team: str) -> set[str]:
        return {subject for code, subject in self.members | self.on_duty if code == team}


def _team_load(row: Any, loads: dict[str | None, Load], people: _People, *, only_on_duty: bool) -> TeamLoad:
    code: str = row["code"]
    subjects = sorted(people.of(code) | {subject for subject in loads if subject is not None})
    officers = [
        OfficerLoad(
            **asdict(loads.get(subject, NOTHING)),
            subject=subject,
            is_member=(code, subject) in people.members,
            on_duty=(code, subject) in people.on_duty,
        )
        for subject in subjects
    ]
    return TeamLoad(
        **asdict(total(loads.values())),
        **row,
        on_duty=sum(officer.on_duty for officer in officers),
        officers=[officer for officer in officers if officer.on_duty or not only_on_duty],
    )

"""Self-handled reports 自处理: found and fixed on the spot, so the case is resolved as soon as it is there."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import (
    ComplaintAccepted,
    ComplaintAssigned,
    ComplaintReceived,
    ComplaintResolved,
    ComplaintStarted,
    Payload,
    SelfHandled,
)
from contracts.lifecycle import EventType
from dispatch_service.domain.routing import Team
from dispatch_service.persistence import self_handling, team_holds
from dispatch_service.persistence.self_handling import Handled
from dispatch_service.service.announcements import answer


async def complete(
    connection: AsyncConnection, arrivals: Sequence[Event], assignments: Sequence[Event], now: datetime
) -> list[Event]:
    """Carry new cases that were handled before they were reported to their result; return all events, in order.

    The team is the worker's own; one who has none, or several, works for the team that answers for the place.
    """
    reports = {event.subject: event for event in arrivals if _report(event) is not None}
    wanted = {(event.tenant, _worker(event)) for event in reports.values()}
    teams = await self_handling.only_teams(connection, wanted)
    held = await team_holds.hold(connection, {(tenant, team.code) for (tenant, _), team in teams.items()})
    teams = {worker: team for worker, team in teams.items() if (worker[0], team.code) in held}
    events: list[Event] = []
    handled: list[Handled] = []
    for assigned in assignments:
        report = reports.get(assigned.subject)
        if report is None:
            events.append(assigned)
            continue
        steps = _steps(report, assigned, teams, now)
        events += steps
        handled.append(_handled(report, steps))
    await self_handling.save(connection, handled, now)
    return events


def _steps(report: Event, assigned: Event, teams: Mapping[tuple[str, str], Team], now: datetime) -> list[Event]:
    """Return the whole way of one case: assigned to who did it, accepted, started and resolved."""
    done = cast(SelfHandled, _report(report))
    routed = cast(ComplaintAssigned, assigned.data)
    team = teams.get((report.tenant, done.actor), Team(routed.team, routed.team_name))
    facts = {"actor": done.actor, "team": team.code}
    place = cast(ComplaintReceived, report.data).location
    changes = {
        "team": team.code,
        "team_name": team.name,
        "rule": "self_handled",
        "officer": done.actor,
        "supporting": tuple(code for code in routed.supporting or () if code != team.code) or None,
    }
    followed: list[tuple[EventType, Payload]] = [
        (EventType.ACCEPTED, ComplaintAccepted(**facts)),
        (EventType.STARTED, ComplaintStarted(**facts, position=place, started_at=done.handled_at)),
        (
            EventType.RESOLVED,
            ComplaintResolved(
                **facts,
                handling_mode=done.handling_mode,
                result=done.result,
                photos=done.photos,
                self_handled=True,
            ),
        ),
    ]
    return [
        assigned._replace(data=routed.model_copy(update=changes)),
        *(answer(report, kind, number, data, at=now) for number, (kind, data) in enumerate(followed, start=2)),
    ]


def _handled(report: Event, steps: Sequence[Event]) -> Handled:
    done = cast(SelfHandled, _report(report))
    assigned = cast(ComplaintAssigned, steps[0].data)
    return Handled(
        complaint_id=report.subject,
        tenant=report.tenant,
        team=assigned.team,
        officer=done.actor,
        events=len(steps),
        started_at=done.handled_at,
        handling_mode=done.handling_mode,
        result=done.result,
        photos=json.dumps([{"id": str(photo), "role": "after"} for photo in done.photos or ()]),
    )


def _report(event: Event) -> SelfHandled | None:
    return cast(ComplaintReceived, event.data).self_handled


def _worker(event: Event) -> str:
    return cast(SelfHandled, _report(event)).actor

"""Patrols 巡查: where they lead, what they may do in which state, and what a visit proves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from dispatch_service.domain.attendance import EARLIEST, LATEST, metres_between
from dispatch_service.domain.routing import Point

CLOCK_TOLERANCE = timedelta(minutes=5)
"""By so much a device's clock may be ahead."""
MOST_POINTS = 100
MOST_VISITS = 500
"""Of one patrol."""
LONGEST = timedelta(days=1)
"""No patrol's window is longer."""


class PatrolKind(StrEnum):
    """What kind of patrol it is."""

    DAILY_PATROL = "daily_patrol"
    """日常巡."""
    REGULAR_INSPECTION = "regular_inspection"
    """定期查."""
    HOME_VISIT = "home_visit"
    """主动访."""


class PatrolState(StrEnum):
    """How a patrol stands."""

    PLANNED = "planned"
    STARTED = "started"
    DONE = "done"
    MISSED = "missed"
    """Its window ended before it was started, or long ago and it was not completed."""
    CANCELLED = "cancelled"


STATE_NAMES_ZH: Mapping[PatrolState, str] = {
    PatrolState.PLANNED: "待巡查",
    PatrolState.STARTED: "巡查中",
    PatrolState.DONE: "已完成",
    PatrolState.MISSED: "漏巡",
    PatrolState.CANCELLED: "已取消",
}
"""What Chinese texts call the states."""


class Evidence(StrEnum):
    """What a visit has to bring."""

    PHOTO = "photo"
    POSITION = "position"
    NOTE = "note"


class Step(StrEnum):
    """What is done with a patrol."""

    START = "start"
    VISIT = "visit"
    COMPLETE = "complete"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatrolPoint:
    """A place to visit; WGS84 degrees, metres. At a `post`, the post's place counts when the patrol is made."""

    key: str
    name: str
    lon: float
    lat: float
    radius: int
    post: str | None = None
    look_at: str | None = None
    evidence: Sequence[str] = ()
    required: bool = True


_ALLOWED: Mapping[Step, Mapping[PatrolState, bool | None]] = {
    Step.START: {PatrolState.PLANNED: None, PatrolState.MISSED: False},
    Step.VISIT: {PatrolState.STARTED: None, PatrolState.MISSED: True},
    Step.COMPLETE: {PatrolState.STARTED: None, PatrolState.MISSED: True},
    Step.CANCEL: {PatrolState.PLANNED: None, PatrolState.STARTED: None},
}
"""The states that allow a step, and whether the patrol must have been started before (None: it does not matter).

A missed patrol is not lost: a device that was offline brings later what was done while it counted (`last_moment`).
"""


def allows(state: PatrolState, step: Step, *, was_started: bool) -> bool:
    """Say whether a patrol in `state` may take a step."""
    allowed = _ALLOWED[step]
    return state in allowed and allowed[state] in {None, was_started}


def start_window(begins_at: datetime, ends_at: datetime) -> tuple[datetime, datetime]:
    """Return from when until when a patrol may be started."""
    return begins_at - EARLIEST, ends_at


def last_moment(ends_at: datetime) -> datetime:
    """Return until when what is done on a patrol counts: some hours after its window, for the way back."""
    return ends_at + LATEST


def due_at(state: PatrolState, ends_at: datetime) -> datetime | None:
    """Return when a patrol is missed unless it has moved on; None where it has ended.

    One that was started gets until the last moment that counts.
    """
    if state is PatrolState.PLANNED:
        return ends_at
    return last_moment(ends_at) if state is PatrolState.STARTED else None


def metres_off(point: PatrolPoint | None, here: Point | None) -> int | None:
    """Return how far from the point a visit was, in whole metres; None where one of them is not known."""
    if point is None or here is None:
        return None
    return round(metres_between(here, (point.lon, point.lat)))


def is_far(point: PatrolPoint | None, metres: int | None) -> bool:
    """Say whether a visit was further from its point than the radius."""
    return point is not None and metres is not None and metres > point.radius


def missing_evidence(point: PatrolPoint | None, visit: Mapping[str, Any]) -> list[Evidence]:
    """Return what the point asks for and the visit (photos, position, note) does not bring."""
    if point is None:
        return []
    brought = {
        Evidence.PHOTO: bool(visit["photos"]),
        Evidence.POSITION: visit["position"] is not None,
        Evidence.NOTE: visit["note"] is not None,
    }
    return [Evidence(each) for each in point.evidence if not brought[Evidence(each)]]


def not_visited(points: Iterable[PatrolPoint], visited: Iterable[str | None]) -> list[str]:
    """Return the keys of required points that nobody has been to."""
    there = set(visited)
    return [point.key for point in points if point.required and point.key not in there]

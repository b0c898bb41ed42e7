"""What is simulated: tasks of teams, and what became of each."""

from dataclasses import dataclass

from dispatch_service.domain.routing import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A case that a team is given. Times are seconds since 1970."""

    team: str
    skill: str | None
    point: Point | None
    assigned_at: float
    promised_at: float
    lasts: float
    """Seconds from the arrival on site to the resolution."""
    busy: float
    """Seconds of these that the officer stays with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What became of a case until the end of the simulation, or of the record; None: that has not come by then."""

    team: str
    assigned_at: float
    promised_at: float | None
    on_site_at: float | None = None
    resolved_at: float | None = None
    metres: float | None = None
    """Of the way to it; None where nobody has gone, or one end of it is not known."""
    busy: float = 0.0
    """Seconds of an officer, the way among them."""

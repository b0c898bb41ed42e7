"""How far and how long officers are on their way."""

from dataclasses import dataclass

from dispatch_service.domain.attendance import metres_between
from dispatch_service.domain.routing import Point


@dataclass(frozen=True, slots=True)
class Travel:
    """As in the 15-minute circle, a way is a straight line times a detour factor."""

    kilometres_per_hour: float = 4.5
    detour: float = 1.3

    def metres(self, origin: Point | None, goal: Point | None) -> float | None:
        """Return the length of a way; None where one of its ends is not known."""
        return None if origin is None or goal is None else metres_between(origin, goal) * self.detour

    def seconds(self, metres: float | None) -> float:
        """Return how long a way takes; one that is not known takes no time."""
        return 0.0 if metres is None else metres / (self.kilometres_per_hour / 3.6)

"""The light of a case: green until 80 % of the time to resolve it have passed, yellow until all has, then red.

As dispatch shows it, which counts that time in the unit of its limit and says with the promised time when the light
turns yellow. Where an event of an earlier version did not, 80 % of the natural time since the reception stand for it.
"""

from typing import Literal

from contracts.lifecycle import ENDED, Status

Light = Literal["green", "yellow", "red"]
LIGHTS: tuple[Light, ...] = ("green", "yellow", "red")

OPEN = frozenset(Status) - ENDED
"""Something is still to be done, on site or to close it."""
RESOLVED = frozenset({Status.RESOLVED, Status.VERIFIED})
"""Open, but the clock has stopped with the result: the light stays as it was then."""
RUNNING = OPEN - RESOLVED - {Status.SUSPENDED}
"""The clock runs; while a case is suspended, it stands still."""

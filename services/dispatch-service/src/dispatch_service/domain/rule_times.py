"""Whether a moment lies in one of a rule's time windows."""

from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from dispatch_service.domain.rules import TimeWindow
from dispatch_service.domain.working_time import MIDNIGHT

_DAY = timedelta(days=1)
_KEPT = 5_000


class Days(Protocol):
    """What kind of day it is, as a calendar knows."""

    def is_working(self, day: date) -> bool:
        """Say whether `day` is worked."""

    def is_holiday(self, day: date) -> bool:
        """Say whether `day` is a day off that has a name, or is the tenant's own."""


class Windows:
    """All windows of a rule set; says of a moment which of them it lies in, and keeps the answer for that minute."""

    def __init__(self, windows: dict[TimeWindow, int], days: Days, zone: ZoneInfo) -> None:
        """`windows` have the bits of the rules that name them."""
        self._windows = windows
        self._days = days
        self._zone = zone
        self._known: dict[int, int] = {}

    def open_at(self, moment: datetime) -> int:
        """Return the bits of all windows that are open; windows begin and end with minutes."""
        minute = int(moment.timestamp() // 60)
        bits = self._known.get(minute)
        if bits is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            local = moment.astimezone(self._zone)
            bits = 0
            for window, rules in self._windows.items():
                if is_open(window, local, self._days):
                    bits |= rules
            self._known[minute] = bits
        return bits


def is_open(window: TimeWindow, local: datetime, days: Days) -> bool:
    """Say whether a moment on the county's clock lies in a window."""
    day = _day_of(window, local)
    return day is not None and _fits(window, day, days)


def _day_of(window: TimeWindow, local: datetime) -> date | None:
    """Return the day on which the window around a moment has begun; None where the moment lies outside its hours."""
    clock, today = local.time(), local.date()
    if window.begins is None or window.ends is None:
        return today
    if window.begins < window.ends or window.ends == MIDNIGHT:
        inside = window.begins <= clock and (clock < window.ends or window.ends == MIDNIGHT)
        return today if inside else None
    if clock >= window.begins:
        return today
    return today - _DAY if clock < window.ends else None


def _fits(window: TimeWindow, day: date, days: Days) -> bool:
    if window.weekdays and day.isoweekday() not in window.weekdays:
        return False
    match window.days:
        case None:
            return True
        case "working":
            return days.is_working(day)
        case "off":
            return not days.is_working(day)
        case "holiday":
            return days.is_holiday(day)

"""How time is counted that passes day and night, and what any way of counting can do."""

from datetime import datetime, timedelta
from typing import Protocol


class Counting(Protocol):
    """How time is added and measured in one unit."""

    def add(self, moment: datetime, amount: timedelta) -> datetime:
        """Return the moment by which `amount` has passed since `moment`; back in time for a negative amount."""

    def between(self, begin: datetime, end: datetime) -> timedelta:
        """Return how much time passes from `begin` to `end`."""


class NaturalTime:
    """Every moment counts."""

    def add(self, moment: datetime, amount: timedelta) -> datetime:
        """Return the moment by which `amount` has passed since `moment`."""
        return moment + amount

    def between(self, begin: datetime, end: datetime) -> timedelta:
        """Return the time from `begin` to `end`."""
        return end - begin

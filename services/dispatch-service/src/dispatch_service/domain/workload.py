"""How much open work somebody has."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Open cases: all, those that nobody has accepted, and by light; a case without a clock has no light."""

    open: int = 0
    waiting: int = 0
    green: int = 0
    yellow: int = 0
    red: int = 0
    oldest_received_at: datetime | None = None
    earliest_promised_at: datetime | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the load of a row that has these columns among others."""
        return cls(**{name: row[name] for name in cls.__slots__})

    def __add__(self, other: "Load") -> "Load":
        """Return the load of two parts together."""
        return Load(
            open=self.open + other.open,
            waiting=self.waiting + other.waiting,
            green=self.green + other.green,
            yellow=self.yellow + other.yellow,
            red=self.red + other.red,
            oldest_received_at=_earlier(self.oldest_received_at, other.oldest_received_at),
            earliest_promised_at=_earlier(self.earliest_promised_at, other.earliest_promised_at),
        )


NOTHING = Load()


def total(loads: Iterable[Load]) -> Load:
    """Return the load of all parts together."""
    return sum(loads, NOTHING)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)

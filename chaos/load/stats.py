"""What a load saw."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field


@dataclass(frozen=True)
class WrongAnswer:
    """An answer that no client may ever get, or none at all in time."""

    method: str
    path: str
    status: int | None
    """None: no answer within the time that a client waits."""
    body: str
    """How it began (problems name no person), or what was wrong with it."""


@dataclass
class Stats:
    """Counts of one run."""

    lives: int = 0
    """Begun."""
    shortened: int = 0
    """Lives that ended with the creation, since too many were under way: how the load holds its rate in an outage."""
    broken_off: int = 0
    """Lives that had not ended long after the last began."""
    accepted: int = 0
    """Creations that were acknowledged, each once."""
    repeated_keys: int = 0
    """Keys that impatient clients sent many times at once; as many complaints have to come of them."""
    complaints_of_repeated: set[str] = field(default_factory=set)
    answers: Counter[str] = field(default_factory=Counter)
    """By kind of request and status; `-` stands for no answer, such as a connection that broke."""
    wrong: list[WrongAnswer] = field(default_factory=list)
    latencies: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Seconds to an answer with 2xx, by kind of request; `assigned` is from the receipt to dispatch's case."""
    failed_lives: list[str] = field(default_factory=list)
    """Errors of the load itself; there must be none."""

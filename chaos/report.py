"""What a run came to: tables for people, JSON for machines."""

import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bench import report
from chaos.checker import Violation
from chaos.load.stats import Stats
from chaos.schedule import Schedule


@dataclass(frozen=True)
class Injection:
    """One fault as it went."""

    fault: str
    number: int
    seconds: float
    bound_seconds: float
    recovered_seconds: float | None
    """From the fault's end until everything was handled and a fresh complaint stood in the ledger; None: never."""
    detail: str = ""
    """What it hit."""
    longest_delay_seconds: float | None = None
    """From a complaint's acceptance until it stood assigned in the ledger; None where none was accepted meanwhile."""
    longest_delay_bound: float | None = None
    findings: Sequence[str] = ()
    """What the fault's own check found, or what was missing when the time was over."""

    @property
    def is_late(self) -> bool:
        """Whether it recovered by itself, but it or a complaint took longer than its bound."""
        if self.recovered_seconds is None:
            return False
        delay, longest = self.longest_delay_seconds, self.longest_delay_bound
        return self.recovered_seconds > self.bound_seconds or (delay or 0.0) > (longest or float("inf"))

    @property
    def is_sound(self) -> bool:
        """Whether it recovered by itself, in time or late, and its own check found nothing."""
        return self.recovered_seconds is not None and not self.findings


@dataclass
class Report:
    """All that is to be said of a run."""

    schedule: Schedule
    command: str
    injections: list[Injection] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    stats: Stats = field(default_factory=Stats)
    minutes: float = 0.0
    events: int = 0
    """In the ledger, at the end."""
    forgives_lateness: bool = False
    """On a machine that does other work as well, seconds say little: they are told, and do not decide."""

    @property
    def is_good(self) -> bool:
        """Whether nothing at all is to be complained of."""
        late = not self.forgives_lateness and any(each.is_late for each in self.injections)
        sound = all(each.is_sound for each in self.injections)
        repeated = self.stats.repeated_keys == len(self.stats.complaints_of_repeated)
        return sound and not late and repeated and not self.violations and not self.stats.failed_lives

    def show(self) -> None:
        """Print the tables."""
        if self.injections:
            report.show("Faults: seconds from a fault's end until all is handled and new work flows", self._faults())
        report.show("What was asked of the system, by kind and status (-: no answer)", self._answers())
        report.show("Milliseconds to an answer", self._latencies())
        report.show("The books", [self._books()])
        for injection in self.injections:
            for finding in injection.findings:
                print(f"{injection.fault}: {finding}")
        for violation in self.violations:
            print(f"{violation.invariant}: {violation.what}: {', '.join(violation.ids[:5])}\n    {violation.query}")
        for error in self.stats.failed_lives[:5]:
            print(f"the load itself failed: {error}")
        print("\nNothing lost, nothing doubled, nothing out of order." if self.is_good else "\nNot good: see above.")

    def document(self) -> dict[str, Any]:
        """Return everything as JSON takes it."""
        return {
            "good": self.is_good,
            "command": self.command,
            "minutes": round(self.minutes, 1),
            "books": self._books(),
            "faults": self._faults(),
            "injections": [asdict(each) for each in self.injections],
            "violations": [asdict(each) for each in self.violations],
            "answers": self.stats.answers,
            "latencies_ms": self._latencies(),
            "failed_lives": self.stats.failed_lives,
            "schedule": asdict(self.schedule),
        }

    def _faults(self) -> list[report.Row]:
        kinds: defaultdict[str, list[Injection]] = defaultdict(list)
        for injection in self.injections:
            kinds[injection.fault].append(injection)
        return [_kind(name, kinds[name]) for name in sorted(kinds, key=lambda name: (kinds[name][0].number, name))]

    def _answers(self) -> list[report.Row]:
        return [{"answer": answer, "count": count} for answer, count in sorted(self.stats.answers.items())]

    def _latencies(self) -> list[report.Row]:
        return [
            {"request": kind, "count": len(times), "p50": _percentile(times, 0.5), "p99": _percentile(times, 0.99)}
            for kind, times in sorted(self.stats.latencies.items())
        ]

    def _books(self) -> report.Row:
        found = Counter(violation.invariant for violation in self.violations)
        return {
            "injections": len(self.injections),
            "kinds": len({each.fault for each in self.injections}),
            "accepted": self.stats.accepted,
            "ledger entries": self.events,
            "lost": found["I1"],
            "never accepted": found["I2"],
            "illegal or out of order": found["I3"],
            "doubled": found["I4"],
            "tampered with": found["I5"],
            "disagreeing": found["I6"],
            "left over": found["I7"],
            "wrong answers": len(self.stats.wrong),
            "keys sent 10 ×": self.stats.repeated_keys,
            "complaints of them": len(self.stats.complaints_of_repeated),
        }


def _kind(name: str, injections: Sequence[Injection]) -> report.Row:
    times = [each.recovered_seconds for each in injections if each.recovered_seconds is not None]
    return {
        "no": injections[0].number,
        "fault": name,
        "times": len(injections),
        "recovered, median s": statistics.median(times) if times else "-",
        "worst s": max(times) if len(times) == len(injections) else "never",
        "bound s": injections[0].bound_seconds,
        "longest delay s": max((each.longest_delay_seconds or 0.0 for each in injections), default=0.0),
        "good": _verdict(injections),
    }


def _verdict(injections: Sequence[Injection]) -> str:
    if not all(each.is_sound for each in injections):
        return "NO"
    return "late" if any(each.is_late for each in injections) else "yes"


def _percentile(seconds: Sequence[float], part: float) -> float:
    return sorted(seconds)[min(len(seconds) - 1, int(len(seconds) * part))] * 1000

"""Which fault comes when: drawn from a seed, kept as JSON, and played again from there."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random


@dataclass(frozen=True)
class Step:
    """One injection."""

    fault: str
    after: float
    """Seconds of peace before it."""
    seconds: float
    """How long it lasts."""
    seed: int
    """Decides what it hits."""


@dataclass(frozen=True)
class Schedule:
    """A run's injections, in order."""

    seed: int
    steps: tuple[Step, ...]

    def save(self, path: Path) -> None:
        """Write it as JSON, for `--replay`."""
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", "utf-8")

    @classmethod
    def load(cls, path: Path) -> "Schedule":
        """Read what `save` wrote; ValueError where the file holds something else."""
        try:
            document = json.loads(path.read_text("utf-8"))
            return cls(document["seed"], tuple(Step(**step) for step in document["steps"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"{path} is no schedule: {error}") from error


def draw(seed: int, durations: Sequence[tuple[str, float]], injections: int) -> Schedule:
    """Draw `injections` of the faults in `durations` (name, usual seconds): each kind once before any comes twice."""
    random = Random(seed)
    drawn: list[Step] = []
    while len(drawn) < injections:
        turn = list(durations)
        random.shuffle(turn)
        drawn += [_step(name, seconds, random) for name, seconds in turn[: injections - len(drawn)]]
    return Schedule(seed, tuple(drawn))


def _step(name: str, seconds: float, random: Random) -> Step:
    return Step(
        fault=name,
        after=round(random.uniform(0.5, 2.5), 2),
        seconds=round(seconds * random.uniform(0.7, 1.3), 2),
        seed=random.randrange(2**32),
    )

"""What the checker looks at, and what it finds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chaos.checker.topic import Topic
from chaos.load.stats import WrongAnswer

SERVICES = ("intake", "dispatch", "ledger")


@dataclass(frozen=True)
class Evidence:
    """Where everything is, once the system has come to rest."""

    journal: Path
    databases: Mapping[str, str]
    """Service to `postgresql://…`."""
    bootstrap_servers: str
    topic: str
    wrong_answers: Sequence[WrongAnswer] = ()
    """Of the load."""
    parked: Mapping[str, int] = field(default_factory=dict)
    """How many messages each service is expected to have parked, because a fault made them so."""
    signing_secret: str | None = None
    """What the ledger's checkpoints are signed with; None where they are not to be looked at."""
    files: Mapping[str, float] = field(default_factory=dict)
    """How many files and connections each replica had open under load, before anything went wrong."""
    files_at_rest: Mapping[str, float] = field(default_factory=dict)
    """The same now."""
    archive: Topic | None = None
    """What stood on the topic before the records that it has: a fault has deleted it."""
    foreign: frozenset[str] = frozenset()
    """Ids of complaints that a fault made up on the topic: nobody journalled them, nothing is expected of them."""


@dataclass(frozen=True)
class Violation:
    """An invariant that does not hold, of which complaints, and how a person can see it."""

    invariant: str
    """I1 to I9."""
    what: str
    ids: tuple[str, ...]
    """Complaints; keys, partitions or paths where no complaint has anything to do with it."""
    query: str
    """SQL behind the name of the service whose database it is for, or what to read where; for the first of the ids."""


def violations(invariant: str, what: str, ids: Iterable[str], query: str) -> list[Violation]:
    """Return one violation of all `ids`, or none where there are none; `{id}` in `query` stands for the first."""
    found = tuple(sorted(set(ids)))
    return [Violation(invariant, what, found, query.replace("{id}", found[0]))] if found else []

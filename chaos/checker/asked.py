"""What the journal says was asked for, one operation a key: what a client knows after all its repeats."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from chaos import journal
from chaos.journal import Kind, Verdict


@dataclass(slots=True)
class Asked:
    """One operation. A repeat that was refused does not undo an earlier one that may have been done."""

    kind: Kind
    actor: str
    complaints: set[str] = field(default_factory=set)
    """What the answers to a creation named, which has to be one; of the others, what it was about."""
    verdicts: set[Verdict] = field(default_factory=set)

    @property
    def verdict(self) -> Verdict:
        """Acknowledged where any repeat was, refused where all were, else unknown."""
        if "acknowledged" in self.verdicts:
            return "acknowledged"
        return "refused" if self.verdicts == {"refused"} else "unknown"


def asked(path: Path) -> dict[str, Asked]:
    """Return the operations of a journal by key."""
    operations: dict[str, Asked] = {}
    for op in journal.read(path):
        operation = operations.setdefault(op.key, Asked(op.kind, op.actor))
        operation.verdicts.add(op.verdict)
        if op.complaint is not None:
            operation.complaints.add(op.complaint)
    return operations


def complaints(operations: Iterable[Asked], kind: Kind, *verdicts: Verdict) -> set[str]:
    """Return the complaints that operations of a kind with one of `verdicts` were about."""
    return {
        complaint
        for operation in operations
        if operation.kind == kind and operation.verdict in verdicts
        for complaint in operation.complaints
    }

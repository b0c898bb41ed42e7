"""Checks that every complaint is accounted for: the journal of a load against three databases and the topic."""

from chaos.checker.check import check
from chaos.checker.evidence import Evidence, Violation

__all__ = ["Evidence", "Violation", "check"]

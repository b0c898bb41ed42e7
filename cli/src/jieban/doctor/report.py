"""The whole examination."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jieban.doctor.asking import Facts, Period, Source
from jieban.doctor.comparing import Comparison, compare
from jieban.doctor.findings import findings, ledger_findings, notes, recount_findings, unsettled_findings
from jieban.doctor.topics import topic_findings, topic_notes
from jieban.services import ServiceName


@dataclass(frozen=True)
class Report:
    """What was asked and found."""

    period: Period
    facts: Mapping[ServiceName, Facts]
    comparison: Comparison
    findings: Sequence[str]
    notes: Sequence[str]
    """What is no fault, and could be better."""
    unsettled: Mapping[str, Any]
    """件件有着落: complaints of the operating tenant without a place, by reason."""

    @property
    def is_clean(self) -> bool:
        """Whether all is well."""
        return self.comparison.is_clean and not self.findings


def examine(sources: Mapping[ServiceName, Source], period: Period) -> Report:
    """Ask and compare; `UserError` where a service does not answer.

    Compared is what all outboxes still have: a longer period is cut to that.
    """
    facts = _ask(sources, period)
    kept = Period(max(period.start, *(each.complete_since for each in facts.values())), period.end)
    if kept != period:
        facts = _ask(sources, kept)
    comparison = compare(facts, sources, kept)
    found = [sentence for each in facts.values() for sentence in findings(each)]
    found += topic_findings(facts.values())
    ledger = sources[ServiceName.LEDGER]
    unsettled = ledger.unsettled()
    found += [*ledger_findings(ledger.reconciliation(kept)), *unsettled_findings(unsettled)]
    found += recount_findings(ledger.recount())
    noted = [*(sentence for each in facts.values() for sentence in notes(each)), *topic_notes(facts.values())]
    return Report(kept, facts, comparison, found, noted, unsettled)


def _ask(sources: Mapping[ServiceName, Source], period: Period) -> dict[ServiceName, Facts]:
    return {name: source.facts(period) for name, source in sources.items()}

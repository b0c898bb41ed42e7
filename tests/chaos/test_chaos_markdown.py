"""A run's report as a page: what is wrong cannot be missed."""

from typing import Any

from chaos.checker import Violation
from chaos.markdown import page
from chaos.report import Injection, Report
from chaos.schedule import Schedule

_RUN: dict[str, Any] = {"at": "2026-11-01T08:00:00+00:00", "machine": {"cores": 2, "system": "Linux", "python": "3.11"}}


def _report(*injections: Injection) -> Report:
    report = Report(Schedule(7, ()), "python -m chaos --seed 7", injections=[*injections], events=12_345)
    report.stats.answers.update({"create 201": 2_000})
    report.stats.latencies["create"] = [0.012, 0.034]
    return report


def _injection(**changes: Any) -> Injection:
    facts = {"fault": "kill-leader", "number": 5, "seconds": 9.0, "bound_seconds": 10.0, "recovered_seconds": 5.678}
    return Injection(**{**facts, **changes})


def test_a_good_run_is_told_with_how_to_run_it_again() -> None:
    told = page(_RUN | _report(_injection()).document())
    assert "Seed 7, 2026-11-01" in told
    assert "```\npython -m chaos --seed 7\n```" in told
    assert "Verdict: good; violations of invariants: 0;\nlater than their bounds: none." in told
    assert "| ledger entries | 12,345 |" in told
    assert "| 5 | kill-leader | 1 | 5.68 | 5.68 | 10 | 0 | yes |" in told
    assert "| create 201 | 2,000 |" in told
    assert "## Findings" not in told


def test_what_is_wrong_is_told() -> None:
    report = _report(_injection(recovered_seconds=12.0), _injection(fault="repeats", findings=["three came twice"]))
    report.violations.append(Violation("I1", "2 complaints are lost", ("a", "b"), "SELECT 1"))
    told = page(_RUN | report.document())
    assert "Verdict: not good; violations of invariants: 1;\nlater than their bounds: kill-leader." in told
    assert "| lost | 1 |" in told
    assert told.endswith("- repeats: three came twice\n- I1: 2 complaints are lost\n")

"""`python -m chaos.markdown bench-chaos.json`: a run's report as a Markdown page, for `docs/`."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

_FIGURES = 3
_BOOKS = "injections", "kinds", "accepted", "ledger entries", "keys sent 10 ×", "complaints of them"
"""Counts that may be anything; of all others in the books none may be over 0."""


def page(report: Mapping[str, Any]) -> str:
    """Return the whole page."""
    return "\n".join([*_head(report), *_books(report["books"]), *_faults(report["faults"]), *_rest(report)]) + "\n"


def _head(report: Mapping[str, Any]) -> Iterator[str]:
    machine, late = report["machine"], [each["fault"] for each in report["faults"] if each["good"] == "late"]
    yield "# A long run\n"
    yield f"Seed {report['schedule']['seed']}, {report['at'][:10]}: {report['minutes']:.0f} minutes of load and faults,"
    yield f"clients and all on {machine['cores']} cores ({machine['system']}, Python {machine['python']})."
    yield "This page is what `python -m chaos.markdown` makes of the run's report. The same run again:\n"
    yield f"```\n{report['command']}\n```\n"
    yield "The words are explained in [the guarantee](guarantee.md).\n"
    yield f"Verdict: {'good' if report['good'] else 'not good'}; violations of invariants: {len(report['violations'])};"
    yield f"later than their bounds: {', '.join(late) or 'none'}."


def _books(books: Mapping[str, Any]) -> Iterator[str]:
    yield "\n## The books\n"
    yield from _table(["what", "count"], [[name, books[name]] for name in _BOOKS if name in books])
    yield ""
    yield from _table(["must be 0", "count"], [[name, count] for name, count in books.items() if name not in _BOOKS])


def _faults(kinds: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "\n## Faults\n"
    yield "Seconds from a fault's end until everything was handled, all replicas were ready and a fresh complaint stood"
    yield "in the ledger; the longest way of a complaint that was accepted meanwhile contains the fault itself.\n"
    yield from _table([*kinds[0]], [[*each.values()] for each in kinds])


def _rest(report: Mapping[str, Any]) -> Iterator[str]:
    yield "\n## What was asked\n"
    yield from _table(["request and status (-: no answer)", "count"], sorted(report["answers"].items()))
    yield "\n## Milliseconds to an answer\n"
    latencies = report["latencies_ms"]
    yield from _table([*latencies[0]], [[*each.values()] for each in latencies])
    findings = [(each["fault"], finding) for each in report["injections"] for finding in each["findings"]]
    if findings or report["violations"]:
        yield "\n## Findings\n"
        yield from (f"- {fault}: {finding}" for fault, finding in findings)
        yield from (f"- {each['invariant']}: {each['what']}" for each in report["violations"])


def _table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    yield f"| {' | '.join(names)} |"
    yield "|---" * len(names) + "|"
    yield from (f"| {' | '.join(map(_cell, row))} |" for row in rows)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if value >= 10**_FIGURES else f"{value:.{_FIGURES}g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(page(json.loads(Path(sys.argv[1]).read_text("utf-8"))), end="")

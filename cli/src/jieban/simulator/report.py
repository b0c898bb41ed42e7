"""What the simulator has to say: the comparison, and what it rests on."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from dispatch_service.domain.simulation.comparison import Assumptions, Comparison
from dispatch_service.domain.simulation.figures import Figures, Load


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A comparison of the cases received on the days from `first` to `last`."""

    first: date
    last: date
    until: datetime
    comparison: Comparison
    assumptions: Assumptions
    office_teams: Sequence[str]
    """Codes of the teams that are taken to work the office hours."""
    off: Sequence[str]
    """Codes of rules that are switched off."""
    names: Mapping[str, str]
    """Of teams, by code."""


def as_json(report: Report) -> dict[str, Any]:
    """Return the report for machines: times in seconds, lengths in metres, shares from 0 to 1."""
    found, assumed = report.comparison, report.assumptions
    columns = {"recorded": found.recorded, "present": found.present, "proposed": found.proposed}
    return {
        "from": report.first.isoformat(),
        "to": report.last.isoformat(),
        "until": report.until.isoformat(),
        "cases": found.cases,
        "left_out": found.left_out,
        **{name: None if column is None else _figures(column) for name, column in columns.items()},
        "fit": {**asdict(found.fit), "is_close": found.fit.is_close},
        "changes": _changes(found),
        "assumptions": {
            "kilometres_per_hour": assumed.travel.kilometres_per_hour,
            "detour": assumed.travel.detour,
            "longest_work_seconds": assumed.longest_work.total_seconds(),
            "seed": assumed.seed,
            "known_times": found.known_times,
            "office_hours_teams": list(report.office_teams),
            "rules_off": list(report.off),
        },
    }


def _figures(column: Figures) -> dict[str, Any]:
    return {
        **_load(column.whole),
        "desk": column.desk,
        "metres": asdict(column.metres),
        "seconds_to_site": asdict(column.to_site),
        "seconds_on_site": asdict(column.on_site),
        "seconds_to_resolution": asdict(column.to_resolution),
        "teams": {code: _load(load) for code, load in column.teams.items()},
    }


def _load(load: Load) -> dict[str, Any]:
    return {
        "cases": load.cases,
        "open": load.open,
        **asdict(load.promises),
        "rate": load.promises.rate,
        "busy_hours": load.busy_hours,
        "peak": load.peak,
        "kilometres": load.kilometres,
    }


def _changes(found: Comparison) -> dict[str, Any] | None:
    changes = found.changes
    if changes is None:
        return None
    return {
        "teams": changes.teams,
        "grades": changes.grades,
        "promises": changes.promises,
        "reasons": [{**reason._asdict(), "cases": count} for reason, count in changes.reasons.most_common()],
        "moves": [{**move._asdict(), "reason": move.reason._asdict()} for move in changes.moves],
    }

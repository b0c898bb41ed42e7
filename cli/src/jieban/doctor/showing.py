"""The doctor's report, as tables for people and as JSON for machines."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from jieban.doctor.asking import Facts
from jieban.doctor.comparing import Comparison, types_of
from jieban.doctor.report import Report
from jieban.services import ServiceName

_Facts = Mapping[ServiceName, Facts]


def show(console: Console, report: Report, top: int) -> None:
    """Print what was compared, what differs, up to `top` events of it, and what else is wrong."""
    period, found = report.period, report.comparison
    console.print(f"Events made from {period.start:%Y-%m-%d %H:%M:%S} to {period.end:%Y-%m-%d %H:%M:%S} UTC\n")
    console.print(_events(report.facts, found))
    console.print(_services(report.facts))
    if found.missing:
        console.print(_missing(found, top))
    for service, event_id in found.unknown[:top]:
        console.print(f"[red]✗[/red] {service} applied {event_id}, which no outbox has")
    for sentence in report.findings:
        console.print(f"[red]✗[/red] {sentence}")
    if report.is_clean:
        console.print("[green]✓[/green] Everything has arrived, and nothing else has.")


def as_json(report: Report) -> dict[str, Any]:
    """Return the report for machines."""
    return {
        **report.period.query(),
        "missing": [
            {
                "at": each.at,
                "id": each.event.id,
                "type": each.event.type,
                "complaint": each.event.complaint,
                "published_by": each.published_by,
                "why": each.why,
            }
            for each in report.comparison.missing
        ],
        "unknown": [{"at": service, "id": event_id} for service, event_id in report.comparison.unknown],
        "findings": list(report.findings),
        "services": {name: each.state for name, each in report.facts.items()},
    }


def _events(facts: _Facts, found: Comparison) -> Table:
    table = Table("published by", "event", title="What was published, and what is missing where", title_justify="left")
    for column in ("published", "waiting", "set aside", *(f"missing at {name}" for name in facts)):
        table.add_column(column, justify="right")
    missing = Counter((each.published_by, each.event.type, each.at) for each in found.missing)
    for publisher, each in facts.items():
        for event_type, *counts in types_of(each):
            lacks = [
                str(missing[publisher, event_type, name]) if event_type in taker.types else "–"
                for name, taker in facts.items()
            ]
            table.add_row(publisher, event_type, *map(str, counts), *lacks)
    return table


def _services(facts: _Facts) -> Table:
    table = Table("service", title="How the services stand", title_justify="left")
    for column in ("applied", "lag", "members", "parked", "outbox", "oldest s", "copies", "min ISR", "short of copies"):
        table.add_column(column, justify="right")
    for name, each in facts.items():
        topic, group, outbox = each.state["topic"] or {}, each.state["group"] or {}, each.state["outbox"]
        cells = (
            sum(bucket.events for bucket in each.applied),
            group.get("lag", "?"),
            group.get("members", "?"),
            each.state["parked"],
            outbox["waiting"],
            round(outbox["oldest_seconds"]),
            topic.get("replication", "?"),
            topic.get("min_insync_replicas", "?"),
            topic.get("under_replicated", "?"),
        )
        table.add_row(name, *map(str, cells))
    return table


def _missing(found: Comparison, top: int) -> Table:
    shown = min(top, len(found.missing))
    title = f"Missing events, {shown} of {len(found.missing)}"
    table = Table("at", "hour", "event", "id", "complaint", "why", title=title, title_justify="left")
    for each in found.missing[:top]:
        event = each.event
        hour = f"{int(event.id.replace('-', '')[:12], 16) // 3_600_000 % 24:02d}:00"
        table.add_row(each.at, hour, event.type, event.id, event.complaint, each.why)
    return table

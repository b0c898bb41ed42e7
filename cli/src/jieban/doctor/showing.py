"""The doctor's report, as tables for people and as JSON for machines."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from jieban.doctor.asking import Facts
from jieban.doctor.comparing import Comparison, types_of
from jieban.doctor.report import Report
from jieban.services import ServiceName

_Facts = Mapping[ServiceName, Facts]
_TEXTS = ("by", "service", "event", "missing at")


def show(console: Console, report: Report, top: int) -> None:
    """Print what was compared, what differs, up to `top` events of it, and what else is wrong."""
    period, found = report.period, report.comparison
    console.print(f"Events made from {period.start:%Y-%m-%d %H:%M:%S} to {period.end:%Y-%m-%d %H:%M:%S} UTC;")
    console.print("later ones may still be on their way and are left out (--settle).\n")
    console.print(_events(report.facts, found))
    console.print(_services(report.facts))
    if found.missing:
        console.print(*_missing(found, top), sep="\n", soft_wrap=True)
    for service, event_id in found.unknown[:top]:
        console.print(f"[red]✗[/red] {service} applied {event_id}, which no outbox has")
    waiting = [f"{each['complaints']} {each['reason']}" for each in report.unsettled["reasons"] if each["complaints"]]
    console.print(f"Unsettled complaints: {', '.join(waiting) or 'none'}\n", soft_wrap=True)
    for sentence in report.findings:
        console.print(f"[red]✗[/red] {sentence}")
    for sentence in report.notes:
        console.print(f"· {sentence}", soft_wrap=True)
    if report.is_clean:
        console.print("[green]✓[/green] Everything has arrived, and nothing else has.")


def as_json(report: Report) -> dict[str, Any]:
    """Return the report for machines."""
    return {
        **report.period.query(),
        "missing": [
            {
                "at": each.at,
                "id": str(each.event.id),
                "type": each.event.type,
                "subject": each.event.key,
                "published_by": each.published_by,
                "why": each.why,
            }
            for each in report.comparison.missing
        ],
        "unknown": [{"at": service, "id": str(event_id)} for service, event_id in report.comparison.unknown],
        "findings": list(report.findings),
        "notes": list(report.notes),
        "unsettled": {each["reason"]: each["complaints"] for each in report.unsettled["reasons"]},
        "services": {name: each.state for name, each in report.facts.items()},
    }


def _table(title: str, *columns: str) -> Table:
    table = Table(title=f"\n{title}", title_justify="left", box=box.SIMPLE_HEAD, padding=0)
    for column in columns:
        table.add_column(column, justify="left" if column in _TEXTS else "right", overflow="fold")
    return table


def _events(facts: _Facts, found: Comparison) -> Table:
    table = _table("What was published", "by", "event", "published", "waiting", "set aside", "missing at")
    missing = Counter((each.published_by, each.event.type, each.at) for each in found.missing)
    for publisher, each in facts.items():
        for total in types_of(each):
            lacks = {name: missing[publisher, total.type, name] for name in facts}
            where = ", ".join(f"{name} {count}" for name, count in lacks.items() if count)
            counts = map(str, (total.events, total.waiting, total.set_aside))
            table.add_row(publisher, total.type.removeprefix("complaint."), *counts, where or "–")
    return table


def _services(facts: _Facts) -> Table:
    columns = ("service", "applied", "lag", "members", "parked", "outbox", "oldest s", "copies", "min ISR", "lacking")
    table = _table("How the services stand", *columns)
    for name, each in facts.items():
        outbox, consumers = each.state["outbox"], each.state["consumers"]
        cells = (
            sum(bucket.events for bucket in each.applied),
            _over(sum, consumers, "group", "lag"),
            _over(min, consumers, "group", "members"),
            each.state["parked"],
            outbox["waiting"],
            round(outbox["oldest_seconds"]),
            _over(min, consumers, "topic", "replication"),
            _over(min, consumers, "topic", "min_insync_replicas"),
            _over(sum, consumers, "topic", "under_replicated"),
        )
        table.add_row(name, *map(str, cells))
    return table


def _over(
    gather: Callable[[Iterable[int]], int], consumers: Sequence[Mapping[str, Any]], part: str, figure: str
) -> int | str:
    """Return a figure over all consumers of a service; `?` where Kafka did not answer about one."""
    parts = [each[part] for each in consumers]
    return "?" if None in parts else gather(each[figure] for each in parts)


def _missing(found: Comparison, top: int) -> Iterator[str]:
    yield f"Missing events, {min(top, len(found.missing))} of {len(found.missing)}:"
    for each in found.missing[:top]:
        yield f"{each.event.type} {each.event.id} about {each.event.key}: {each.why} at {each.at}"

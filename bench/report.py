"""Tables for people, JSON for machines."""

import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

Row = dict[str, Any]


def show(title: str, rows: list[Row]) -> None:
    """Print `rows` as one table; all rows have the keys of the first."""
    table = Table(title=title, title_justify="left")
    for name in rows[0]:
        table.add_column(name, justify="left" if isinstance(rows[0][name], str) else "right")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    Console(width=140 if not sys.stdout.isatty() else None).print(table)


def write(name: str, result: Row, path: Path | None) -> None:
    """Write `result` as JSON to `path` (default: bench-<name>.json here) with what ran it."""
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()}
    document = {"bench": name, "at": datetime.now(UTC).isoformat(), "machine": machine, **result}
    target = path or Path(f"bench-{name}.json")
    target.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")
    print(f"\nJSON: {target}")


def beside(served: list[float], alone: list[float], wanted_ms: float) -> Row:
    """Return p50 and p95 in ms of what a service took, beside those of the bare statement; times are in seconds."""
    p95 = _milliseconds(served, 0.95)
    return {
        "p50": _milliseconds(served, 0.5),
        "p95": p95,
        "bare p50": _milliseconds(alone, 0.5),
        "bare p95": _milliseconds(alone, 0.95),
        "ratio of p50": median(served) / median(alone),
        "reached": p95 <= wanted_ms,
    }


def _milliseconds(seconds: list[float], share: float) -> float:
    return sorted(seconds)[min(len(seconds) - 1, int(share * len(seconds)))] * 1000


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)

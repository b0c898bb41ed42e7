"""Reads JSONL and CSV files row by row."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from jieban.errors import UserError

_CSV = frozenset({".csv", ".tsv"})


class Row(NamedTuple):
    """One record with its line number, counted from 1; `flaw` says why the line could not be read."""

    line: int
    values: dict[str, Any]
    flaw: str | None = None


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the records of a `.jsonl`/`.ndjson` file (one object a line) or a `.csv`/`.tsv` file with a header line.

    Both in UTF-8, with or without a byte order mark. A bad line is yielded with its flaw; UserError where the whole
    file cannot be read.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _csv_rows(file, path) if path.suffix.lower() in _CSV else _json_rows(file)
    except OSError as error:
        raise UserError(f"Cannot read {path}: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 (byte {error.start}): convert it first.") from error


def count_rows(path: Path) -> int:
    """Return about how many records there are, for the progress bar: the lines that are not blank."""
    try:
        with path.open("rb") as file:
            lines = sum(1 for line in file if line.strip())
    except OSError as error:
        raise UserError(f"Cannot read {path}: {error.strerror or error}.") from error
    return max(0, lines - (path.suffix.lower() in _CSV))


def _json_rows(file: Any) -> Iterator[Row]:
    for number, line in enumerate(file, start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield Row(number, {}, f"not JSON: {error}")
            continue
        yield Row(number, values) if isinstance(values, dict) else Row(number, {}, "not a JSON object")


def _csv_rows(file: Any, path: Path) -> Iterator[Row]:
    reader = csv.DictReader(file, dialect="excel-tab" if path.suffix.lower() == ".tsv" else "excel")
    if not reader.fieldnames:
        raise UserError(f"{path} has no header line with column names.")
    try:
        for values in reader:
            extra = values.pop(None, None)  # csv's key for surplus cells
            flaw = "more cells than the header has columns" if extra else None
            yield Row(reader.line_num, {name: value for name, value in values.items() if value}, flaw)
    except csv.Error as error:
        raise UserError(f"{path}, line {reader.line_num}: {error}.") from error

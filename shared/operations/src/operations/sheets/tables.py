"""The lines of a file that somebody sends: what kind it is, its headings, and the cells of each line."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Protocol

import operations.sheets.texts  # noqa: F401 - it registers the words of what is raised here
from operations.problems import all_invalid, refused
from operations.sheets.cells import bare
from operations.sheets.lines import CSV
from operations.sheets.small import read_workbook
from operations.sheets.workbook import XLSX
from runtime.problems import FieldError, Problem

KINDS = (CSV, XLSX)
MOST_LINES = 10_000
_MOST_COLUMNS = 100
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
Line = Sequence[str]
Cells = Mapping[str, str]
"""The cells of a line that are not empty, by column."""


class Columns(Protocol):
    """What a sheet's columns are: `columns` has the Chinese heading of each, which is understood as well."""

    @property
    def columns(self) -> Mapping[str, str]:
        """All of them, in order."""

    @property
    def optional(self) -> frozenset[str]:
        """Those that a file may lack."""


def read_table(sheet: Columns, media_type: str, body: bytes) -> list[tuple[int, Cells]]:
    """Return the lines of a CSV file or a workbook that are not empty, each with its number as spreadsheets count.

    `Problem` where the file cannot be read, lacks a column, has one twice or one that nobody knows, or has more than
    MOST_LINES lines.
    """
    readers: Mapping[str, Callable[[bytes], Iterator[Line]]] = {CSV: _read_csv, XLSX: read_workbook}
    kind = media_type.partition(";")[0].strip().lower()
    if kind not in readers:
        raise Problem(415, "file-kind-unsupported", kinds=", ".join(KINDS))
    _check_kind(kind, body)
    lines = readers[kind](body)
    names = _headings(sheet, next(lines, ()))
    return within_limit(_cells(names, lines))


def pointer(number: int, column: str) -> str:
    """Return how an error names a cell: the number of the line, as spreadsheets count, and the column."""
    return f"row/{number}/{column}"


def within_limit(lines: Iterable[tuple[int, Cells]]) -> list[tuple[int, Cells]]:
    """Return the lines; `Problem` where there are more than MOST_LINES."""
    found = list(islice(lines, MOST_LINES + 1))
    if len(found) > MOST_LINES:
        raise refused("", "too-many-lines", most=MOST_LINES)
    return found


def _check_kind(kind: str, body: bytes) -> None:
    if (kind == XLSX) != body.startswith(_ZIP) or body.startswith(_OLE):
        raise refused("", "file-kind-wrong", kind=kind)


def _read_csv(body: bytes) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(_text(body), newline=""), strict=True)
    try:
        for line in reader:
            yield [bare(text.strip()) for text in line]
    except csv.Error as error:
        raise refused(f"row/{reader.line_num}", "csv-invalid", line=reader.line_num) from error


def _text(body: bytes) -> str:
    """Return the text of UTF-8, with a byte order mark or without, or of GB18030, which Chinese Excel writes."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return body.decode("gb18030")
    except UnicodeDecodeError as error:
        raise refused("", "file-encoding", position=error.start) from error


def _headings(sheet: Columns, line: Line) -> Sequence[str]:
    """Return the name of each column; empty ones at the end are none."""
    known = {name: name for name in sheet.columns} | {zh: name for name, zh in sheet.columns.items()}
    given = [text.strip() for text in line]
    while given and not given[-1]:
        given.pop()
    if not given:
        raise refused("row/1", "file-empty", columns=", ".join(sheet.columns))
    names = [known.get(text, text) for text in given]
    counts = Counter(names)
    required = [name for name in sheet.columns if name not in sheet.optional]
    errors = [FieldError(pointer(1, name), "column-missing") for name in required if name not in counts]
    errors += [FieldError(pointer(1, name), "column-twice") for name in sheet.columns if counts[name] > 1]
    unknown = [place for place, name in enumerate(names, start=1) if name not in sheet.columns]
    columns = ", ".join(sheet.columns)
    errors += [FieldError(pointer(1, str(place)), "column-unknown", {"columns": columns}) for place in unknown]
    if errors:
        raise all_invalid(errors, _MOST_COLUMNS)
    return names


def _cells(names: Sequence[str], lines: Iterable[Line]) -> Iterator[tuple[int, Cells]]:
    """Yield the cells of each line; one without a heading by the number of its column."""
    for number, line in enumerate(lines, start=2):
        places = range(len(names) + 1, len(line) + 1)
        named = zip([*names, *map(str, places)], line, strict=False)
        if cells := {name: text.strip() for name, text in named if text.strip()}:
            yield number, cells

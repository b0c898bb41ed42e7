"""Reads JSONL, CSV and XLSX files row by row."""

import codecs
import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any, NamedTuple

from operations.importing.document import Document
from operations.importing.errors import ImportRefused
from operations.importing.mapping import Flaw
from operations.sheets.cells import bare
from operations.sheets.reading import MOST_BYTES, NoSuchSheet, workbook_rows
from operations.sheets.unpacking import WorkbookTooLarge, WorkbookUnreadable

_CSV = frozenset({".csv", ".tsv"})
_XLSX = ".xlsx"
_CHUNK = 1 << 20
_PLAIN = Document()
Cells = Sequence[Any]
Check = Callable[[Sequence[str]], None]
"""Told the names of the columns before the first row; may refuse them with ImportRefused."""


class Row(NamedTuple):
    """One record with its line number, counted from 1; `flaws` say why the line could not be read."""

    line: int
    values: dict[str, Any]
    flaws: Sequence[Flaw] = ()


def _take_any(_names: Sequence[str]) -> None:
    """Take a file whatever its columns are."""


def read_rows(path: Path, document: Document = _PLAIN, check: Check = _take_any) -> Iterator[Row]:
    """Yield the records of a .jsonl/.ndjson file (one object a line), or of a .csv, .tsv or .xlsx file with a header.

    A bad line is yielded with its flaws; ImportRefused where the whole file cannot be read.
    """
    kind = path.suffix.lower()
    try:
        if kind == _XLSX:
            yield from _sheet_rows(path, document, check)
        elif kind in _CSV:
            yield from _csv_rows(path, document, check)
        else:
            with path.open(encoding="utf-8-sig", newline="") as file:
                yield from _json_rows(file)
    except OSError as error:
        raise ImportRefused(f"Cannot read {path}: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise ImportRefused(
            f"{path} is not {error.encoding.upper()} (byte {error.start}): convert it first."
        ) from error


def count_rows(path: Path) -> int | None:
    """Return about how many records there are, for the progress bar: the lines that are not blank; None for XLSX."""
    if path.suffix.lower() == _XLSX:
        return None
    try:
        with path.open("rb") as file:
            lines = sum(1 for line in file if line.strip())
    except OSError as error:
        raise ImportRefused(f"Cannot read {path}: {error.strerror or error}.") from error
    return max(0, lines - (path.suffix.lower() in _CSV))


def _json_rows(file: Iterable[str]) -> Iterator[Row]:
    for number, line in enumerate(file, start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield Row(number, {}, [Flaw(None, None, f"not JSON: {error}", "one JSON object a line")])
            continue
        is_object = isinstance(values, dict)
        yield Row(number, values) if is_object else Row(number, {}, [Flaw(None, None, "not a JSON object")])


def _csv_rows(path: Path, document: Document, check: Check) -> Iterator[Row]:
    separator = document.separator or ("\t" if path.suffix.lower() == ".tsv" else ",")
    with path.open(encoding=_encoding(path, document.encoding), newline="") as file:
        reader = csv.reader(file, delimiter=separator)
        lines = ((reader.line_num, [bare(cell.strip()) for cell in cells]) for cells in reader)
        try:
            yield from _table(path, lines, document.header_row, check)
        except csv.Error as error:
            raise ImportRefused(f"{path}, line {reader.line_num}: {error}.") from error


def _sheet_rows(path: Path, document: Document, check: Check) -> Iterator[Row]:
    try:
        yield from _table(path, workbook_rows(path, document.sheet), document.header_row, check)
    except WorkbookTooLarge as error:
        raise ImportRefused(f"{path} unpacks to more than {MOST_BYTES:,} bytes: split it.") from error
    except WorkbookUnreadable as error:
        raise ImportRefused(f"{path} is no XLSX workbook, or a broken one: save it anew.") from error
    except NoSuchSheet as error:
        raise ImportRefused(f"{path} has no sheet {document.sheet}; it has: {error}.") from error


def _table(path: Path, lines: Iterable[tuple[int, Cells]], header_row: int, check: Check) -> Iterator[Row]:
    """Yield the lines below the header by the names of their columns."""
    lines = iter(lines)
    header = next((cells for place, cells in lines if place >= header_row), ())
    names = [name.strip() if isinstance(name, str) else "" for name in header]
    if not any(names):
        raise ImportRefused(f"{path} has no header line with column names.")
    if twice := [name for name, count in Counter(filter(None, names)).items() if count > 1]:
        raise ImportRefused(f"{path} has columns of the same name: {', '.join(twice)}.")
    check([name for name in names if name])
    for place, cells in lines:
        if any(cells):
            yield _row(place, names, cells)


def _row(place: int, names: Sequence[str], cells: Cells) -> Row:
    flaws, values = list[Flaw](), dict[str, Any]()
    for number, (name, cell) in enumerate(zip_longest(names, cells, fillvalue=""), start=1):
        if cell in (None, ""):
            continue
        if not name:
            flaws.append(Flaw(f"#{number}", None, "more cells than the header has columns", "a name in the header"))
        elif not isinstance(cell, str):
            flaws.append(Flaw(name, None, "a formula", "its value: copy, and paste values only"))
        else:
            values[name] = cell
    return Row(place, values, flaws)


def _encoding(path: Path, wanted: str) -> str:
    """Return the encoding of a text file; raises UnicodeDecodeError where it is in none that is taken."""
    if wanted != "auto":
        return "utf-8-sig" if wanted == "utf-8" else wanted
    with path.open("rb") as file:
        try:
            _decode(file, "utf-8")
        except UnicodeDecodeError as error:
            file.seek(0)
            try:
                _decode(file, "gb18030")
            except UnicodeDecodeError:
                raise error from None
            return "gb18030"
    return "utf-8-sig"


def _decode(file: IO[bytes], encoding: str) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    while chunk := file.read(_CHUNK):
        decoder.decode(chunk)
    decoder.decode(b"", final=True)

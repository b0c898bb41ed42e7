"""Reads JSONL, CSV and XLSX files row by row."""

import codecs
import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any, Self, TextIO

from operations.importing.document import Document
from operations.importing.errors import ImportRefused
from operations.importing.mapping import Flaw
from operations.sheets.cells import bare
from operations.sheets.reading import MOST_BYTES, NoSuchSheet, workbook_rows
from operations.sheets.unpacking import WorkbookTooLarge, WorkbookUnreadable

_CSV = frozenset({".csv", ".tsv"})
_XLSX = ".xlsx"
_CHUNK = 1 << 20
_LONGEST = 1_000_000
"""In characters; a complaint has at most some tens of thousands."""
_DEEPEST = 20
_MOST_FLAWS = 20
_PLAIN = Document()
Cells = Sequence[Any]
Check = Callable[[Sequence[str]], None]
"""Told the names of the columns before the first row; may refuse them with ImportRefused."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record with its line number, counted from 1; `flaws` say why the line could not be read."""

    line: int
    values: dict[str, Any]
    flaws: Sequence[Flaw] = ()
    size: int = field(default=0, compare=False)
    """About how many characters it has."""


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
            with path.open(encoding="utf-8-sig") as file:
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


def _json_rows(file: TextIO) -> Iterator[Row]:
    for number, line in enumerate(_lines(file), start=1):
        if len(line) > _LONGEST:
            yield Row(number, {}, [Flaw(None, None, f"a line of more than {_LONGEST:,} characters", "a shorter one")])
        elif line.strip():
            yield _json_row(number, line)


def _lines(file: TextIO) -> Iterator[str]:
    """Yield the lines; of one that is too long no more than its beginning."""
    while line := file.readline(_LONGEST + 1):
        rest = line
        while rest and not rest.endswith("\n"):
            rest = file.readline(_CHUNK)
        yield line


def _json_row(number: int, line: str) -> Row:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Row(number, {}, [Flaw(None, None, f"not JSON: {error}", "one JSON object a line")])
    if not isinstance(values, dict):
        return Row(number, {}, [Flaw(None, None, "not a JSON object")])
    if _is_deep(values, _DEEPEST):
        return Row(number, {}, [Flaw(None, None, "nested too deeply", f"values at most {_DEEPEST} levels deep")])
    return Row(number, values, size=len(line))


def _is_deep(value: object, most: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    return most == 0 or any(_is_deep(each, most - 1) for each in (value.values() if isinstance(value, dict) else value))


def _csv_rows(path: Path, document: Document, check: Check) -> Iterator[Row]:
    separator = document.separator or ("\t" if path.suffix.lower() == ".tsv" else ",")
    with path.open(encoding=_encoding(path, document.encoding), newline="") as file:
        records = _Records(file)
        reader = csv.reader(records, delimiter=separator)
        lines = ((reader.line_num, [bare(cell.strip()) for cell in cells]) for cells in records.each(reader))
        try:
            yield from _table(path, lines, document.header_row, check)
        except csv.Error as error:
            raise ImportRefused(f"{path}, line {reader.line_num}: {error}.") from error


class _Records:
    """The lines of a CSV file for its reader: csv.Error for a record that is too long, however many lines it has."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._left = _LONGEST

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._file.readline(self._left + 1)
        if not line:
            raise StopIteration
        self._left -= len(line)
        if self._left < 0:
            raise csv.Error(f"a record of more than {_LONGEST:,} characters")
        return line

    def each(self, reader: Iterable[list[str]]) -> Iterator[list[str]]:
        """Yield the records that a reader makes of the lines."""
        for cells in reader:
            self._left = _LONGEST
            yield cells


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
    """Return the row; of its surplus cells the first is told."""
    flaws, values, size, has_surplus = list[Flaw](), dict[str, Any](), 0, False
    for number, (name, cell) in enumerate(zip_longest(names, cells, fillvalue=""), start=1):
        if cell in (None, ""):
            continue
        if not name:
            if not has_surplus:
                problem = "more cells than the header has columns"
                flaws.append(Flaw(f"#{number}", None, problem, "a name in the header"))
            has_surplus = True
        elif isinstance(cell, str):
            values[name] = cell
            size += len(cell)
        elif len(flaws) < _MOST_FLAWS:
            flaws.append(Flaw(name, None, "a formula", "its value: copy, and paste values only"))
    return Row(place, values, flaws, size)


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

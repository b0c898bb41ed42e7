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
from operations.importing.said import Said
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
_RECORD_TOO_LONG = Said(f"一条记录超过 {_LONGEST:,} 个字符", f"a record of more than {_LONGEST:,} characters")
_LINE_TOO_LONG = Flaw(
    None,
    None,
    Said(f"一行超过 {_LONGEST:,} 个字符", f"a line of more than {_LONGEST:,} characters"),
    Said("更短的一行", "a shorter one"),
)
_NOT_JSON = Flaw(None, None, Said("不是 JSON", "not JSON"), Said("每行一个 JSON 对象", "one JSON object a line"))
_NO_OBJECT = Flaw(None, None, Said("不是 JSON 对象", "not a JSON object"))
_TOO_DEEP = Flaw(
    None,
    None,
    Said("嵌套过深", "nested too deeply"),
    Said(f"嵌套不超过 {_DEEPEST} 层的值", f"values at most {_DEEPEST} levels deep"),
)
_SURPLUS = Flaw(
    None,
    None,
    Said("单元格多于表头的列", "more cells than the header has columns"),
    Said("表头中的列名", "a name in the header"),
)
_FORMULA = Flaw(
    None,
    None,
    Said("公式", "a formula"),
    Said("公式的值：请复制，并只粘贴数值", "its value: copy, and paste values only"),
)
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
        raise _not_read(path, error) from error
    except UnicodeDecodeError as error:
        encoding = error.encoding.upper()
        zh = f"{path} 不是 {encoding} 编码（第 {error.start + 1} 字节起），请先转换编码。"
        raise ImportRefused(Said(zh, f"{path} is not {encoding} (byte {error.start}): convert it first.")) from error


def count_rows(path: Path) -> int | None:
    """Return about how many records there are, for the progress bar: the lines that are not blank; None for XLSX."""
    if path.suffix.lower() == _XLSX:
        return None
    try:
        with path.open("rb") as file:
            lines = sum(1 for line in file if line.strip())
    except OSError as error:
        raise _not_read(path, error) from error
    return max(0, lines - (path.suffix.lower() in _CSV))


def _not_read(path: Path, error: OSError) -> ImportRefused:
    return ImportRefused(Said(f"无法读取 {path}。", f"Cannot read {path}: {error.strerror or error}."))


def _json_rows(file: TextIO) -> Iterator[Row]:
    for number, line in enumerate(_lines(file), start=1):
        if len(line) > _LONGEST:
            yield Row(number, {}, [_LINE_TOO_LONG])
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
        place = f"（第 {error.pos + 1} 个字符处）" if isinstance(error, json.JSONDecodeError) else ""
        return Row(number, {}, [_NOT_JSON._replace(problem=Said(f"不是 JSON{place}", f"not JSON: {error}"))])
    if not isinstance(values, dict):
        return Row(number, {}, [_NO_OBJECT])
    if _is_deep(values, _DEEPEST):
        return Row(number, {}, [_TOO_DEEP])
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
            is_too_long = isinstance(error, _TooLong)
            line = reader.line_num + is_too_long  # which is refused before the reader counts it
            zh = _RECORD_TOO_LONG.zh if is_too_long else "不是有效的 CSV：引号未闭合，或单元格过长"
            said = Said(f"{path} 第 {line} 行：{zh}。", f"{path}, line {line}: {error}.")
            raise ImportRefused(said) from error


class _TooLong(csv.Error):
    """A record is longer than any that is taken."""


class _Records:
    """The lines of a CSV file for its reader: _TooLong for a record that is too long, however many lines it has."""

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
            raise _TooLong(_RECORD_TOO_LONG.en)
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
        zh = f"{path} 解压后超过 {MOST_BYTES:,} 字节，请拆分。"
        raise ImportRefused(Said(zh, f"{path} unpacks to more than {MOST_BYTES:,} bytes: split it.")) from error
    except WorkbookUnreadable as error:
        zh = f"{path} 不是 XLSX 工作簿，或已损坏，请重新保存。"
        raise ImportRefused(Said(zh, f"{path} is no XLSX workbook, or a broken one: save it anew.")) from error
    except NoSuchSheet as error:
        zh = f"{path} 没有工作表 {document.sheet}；现有：{'、'.join(error.sheets)}。"
        raise ImportRefused(Said(zh, f"{path} has no sheet {document.sheet}; it has: {error}.")) from error


def _table(path: Path, lines: Iterable[tuple[int, Cells]], header_row: int, check: Check) -> Iterator[Row]:
    """Yield the lines below the header by the names of their columns."""
    lines = iter(lines)
    header = next((cells for place, cells in lines if place >= header_row), ())
    names = [name.strip() if isinstance(name, str) else "" for name in header]
    if not any(names):
        raise ImportRefused(Said(f"{path} 没有写明列名的表头行。", f"{path} has no header line with column names."))
    if twice := [name for name, count in Counter(filter(None, names)).items() if count > 1]:
        zh = f"{path} 有同名的列：{'、'.join(twice)}。"
        raise ImportRefused(Said(zh, f"{path} has columns of the same name: {', '.join(twice)}."))
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
                flaws.append(_SURPLUS._replace(column=f"#{number}"))
            has_surplus = True
        elif isinstance(cell, str):
            values[name] = cell
            size += len(cell)
        elif len(flaws) < _MOST_FLAWS:
            flaws.append(_FORMULA._replace(column=name))
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

"""Reads workbooks row by row: what that takes in memory does not grow with their texts."""

import tempfile
from array import array
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from defusedxml.ElementTree import iterparse
from openpyxl.cell.text import Text
from openpyxl.reader.excel import ExcelReader
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS

from operations.sheets.unpacking import WorkbookUnreadable, check_unpacked
from operations.sheets.workbook import MOST_ROWS

MOST_BYTES = 2 * 2**30
"""Of what is unpacked; a million lines of complaints take about half of that."""
_MEMORY = 1 << 20
_ITEM = f"{{{SHEET_MAIN_NS}}}si"


class NoSuchSheet(ValueError):
    """The workbook has no sheet of that name; the text names those that it has."""

    def __init__(self, sheets: Sequence[str]) -> None:
        super().__init__(", ".join(sheets))
        self.sheets = sheets


class Formula:
    """Stands for a cell that holds a formula: nobody knows what it was when the file was written."""


FORMULA = Formula()
Cell = str | Formula | None
"""The value as somebody would have typed it; moments as in ISO 8601."""


def workbook_rows(path: Path, sheet: str | None = None) -> Iterator[tuple[int, Sequence[Cell]]]:
    """Yield the rows of a sheet, by default of the first one, that are not empty, each with its number from 1.

    Raises WorkbookTooLarge for more than MOST_BYTES unpacked, before anything is yielded; WorkbookUnreadable for what
    is no workbook, also on the way; NoSuchSheet.
    """
    with path.open("rb") as file:
        check_unpacked(file, MOST_BYTES)
    with tempfile.SpooledTemporaryFile(max_size=_MEMORY) as spool:
        try:
            reader = _Reader(path, spool)
            reader.read()
        except Exception as error:  # the library raises whatever its parts do
            raise WorkbookUnreadable from error
        with closing(reader.wb) as book:
            yield from _rows(_sheet(book, sheet))


def _sheet(book: Any, name: str | None) -> Any:
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if name is None and sheets:
        return book.worksheets[0]
    if name not in sheets:
        raise NoSuchSheet([*sheets])
    return sheets[name]


def _rows(sheet: Any) -> Iterator[tuple[int, Sequence[Cell]]]:
    sheet.reset_dimensions()
    rows = sheet.iter_rows()
    number = 0
    while True:
        try:
            row = next(rows, None)
        except Exception as error:  # as above
            raise WorkbookUnreadable from error
        number += 1
        if row is None:
            return
        if number > MOST_ROWS:
            raise WorkbookUnreadable
        cells = [_value(cell) for cell in row]  # of those that the file leaves out there are none
        if any(cell is not None for cell in cells):
            yield number, cells


def _value(cell: Any) -> Cell:
    value = cell.value
    if value is None or value == "":
        return None
    if cell.data_type == "f":
        return FORMULA
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


class _Reader(ExcelReader):  # type: ignore[misc] # the library has no types
    """Keeps the texts that cells share in a file, where the library keeps them in memory."""

    def __init__(self, path: Path, spool: IO[bytes]) -> None:
        super().__init__(path, read_only=True, keep_links=False)
        self._spool = spool

    def read_strings(self) -> None:
        part = self.package.find(SHARED_STRINGS)
        if part is not None:
            with self.archive.open(part.PartName[1:]) as source:
                self.shared_strings = _Texts(source, self._spool)


class _Texts(Sequence[str]):
    """Texts one after the other in a file, with the place of each."""

    def __init__(self, source: IO[bytes], spool: IO[bytes]) -> None:
        self._spool = spool
        self._ends = array("Q", [0])
        events = iterparse(source, events=("start", "end"))
        _, root = next(events)
        for event, node in events:
            if event == "end" and node.tag == _ITEM:
                text = Text.from_tree(node).content.replace("x005F_", "")
                self._ends.append(self._ends[-1] + spool.write(text.encode("utf-8", "replace")))
                root.clear()

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, place: Any) -> Any:
        if not 0 <= place < len(self):
            raise IndexError(place)
        self._spool.seek(self._ends[place])
        return self._spool.read(self._ends[place + 1] - self._ends[place]).decode()

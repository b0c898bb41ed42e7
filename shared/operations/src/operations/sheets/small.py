"""XLSX workbooks, of which the first sheet is read."""

import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

from openpyxl import load_workbook

from operations.problems import refused
from operations.sheets.unpacking import WorkbookTooLarge, WorkbookUnreadable, check_unpacked

MOST_UNPACKED_BYTES = 64 * 2**20
"""A workbook of ten thousand lines takes about a tenth of that."""
_MOST_COLUMNS = 100
"""Of each line as many cells are looked at."""
_MOST_ROWS = 2**20
"""Spreadsheets have no more; the library makes up all rows before one that a file names."""
_EMPTY: Sequence[str] = ()


def read_workbook(body: bytes) -> Iterator[Sequence[str]]:
    """Yield the lines of the first sheet as texts; formulas as the values that they had.

    `Problem` where it is no workbook, or unpacks to more than MOST_UNPACKED_BYTES.
    """
    _check_size(body)
    try:
        book = load_workbook(io.BytesIO(body), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        rows = sheet.iter_rows(max_col=_MOST_COLUMNS, values_only=True)
        lines = [_line(row) for row in islice(rows, _MOST_ROWS + 1)]
        book.close()
    except Exception as error:
        raise refused("", "workbook-unreadable") from error
    if len(lines) > _MOST_ROWS:
        raise refused("", "workbook-unreadable")
    yield from lines


def _check_size(body: bytes) -> None:
    try:
        check_unpacked(io.BytesIO(body), MOST_UNPACKED_BYTES)
    except WorkbookTooLarge as error:
        raise refused("", "workbook-too-large", most=MOST_UNPACKED_BYTES) from error
    except WorkbookUnreadable as error:
        raise refused("", "workbook-unreadable") from error


def _line(row: Sequence[Any]) -> Sequence[str]:
    return [_text(value) for value in row] if row.count(None) < len(row) else _EMPTY


def _text(value: Any) -> str:
    """Return the value of a cell as somebody would have typed it."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, date | datetime) else str(value)

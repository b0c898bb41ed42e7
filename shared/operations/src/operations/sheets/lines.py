"""Lines of CSV (RFC 4180) that no spreadsheet runs as formulas."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from operations.sheets.cells import guarded

CSV = "text/csv"
MARK = "\ufeff".encode()
"""At the beginning of a file, it tells spreadsheets that the text is UTF-8."""


def csv_lines(rows: Iterable[Iterable[Any]]) -> bytes:
    """Return rows as lines; texts that a spreadsheet would take for formulas get an apostrophe in front."""
    file = io.StringIO(newline="")
    csv.writer(file).writerows([guarded(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return file.getvalue().encode("utf-8", "replace")

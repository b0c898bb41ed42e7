"""XLSX workbooks of one sheet, written piece by piece: what they take in memory does not grow with the lines."""

import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from openpyxl.utils import get_column_letter

from operations.sheets.skeleton import Kind, Sheet, skeleton

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 2**20
"""No spreadsheet has more."""
LONGEST_TEXT = 32_767
"""Characters of a cell: what is longer is cut off."""
_COMPRESSION = 1
"""Level 6 takes twice the time for a seventh less."""
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_SPECIAL = re.compile(r"[&<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_x")
DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - cells have no zone
"""What moments are counted from."""
_DAY_SECONDS = 86_400

Cell = str | float | datetime | None
Row = Sequence[Cell]
Writer = Callable[[Any, str], str]
"""Makes a cell of a value and the number of its row."""


class TooManyRows(ValueError):
    """A sheet has room for MOST_ROWS, those above and below the lines included."""


class Workbook:
    """A workbook on its way: `begin`, `lines` as often as there are some, `total` in between, `end`.

    Each returns the next bytes of the file. Texts stay texts, whatever they look like; characters that no workbook can
    hold become U+FFFD.
    """

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._sink = _Sink()
        self._archive = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION)
        self._skeleton = skeleton(sheet)
        self._styles = self._skeleton.styles
        self._writers = [self._writer(place, each.kind) for place, each in enumerate(sheet.headings, start=1)]
        self._row = 0

    def begin(self) -> bytes:
        """Write all above the lines."""
        for name, content in self._skeleton.parts.items():
            self._archive.writestr(name, content)
        self._part = self._archive.open(self._skeleton.part, "w")
        self._part.write(self._skeleton.before + b"<sheetData>")
        if self._sheet.title is not None:
            self._single(self._sheet.title, "title", ' ht="30" customHeight="1"')
        for note in self._sheet.notes:
            self._single(note, "note")
        style = self._styles["heading"]
        writers = [_text(place, style) for place in range(1, len(self._sheet.headings) + 1)]
        self._write(writers, [heading.text for heading in self._sheet.headings])
        return self._sink.take()

    def lines(self, rows: Iterable[Row]) -> bytes:
        """Write lines, each with a cell for each heading; raises TooManyRows."""
        begin = self._row + 1
        writers = self._writers
        written = []
        for number, row in enumerate(rows, start=begin):
            digits = str(number)
            cells = [write(value, digits) for write, value in zip(writers, row, strict=True)]
            written.append(f'<row r="{digits}">{"".join(cells)}</row>')
        self._row += len(written)
        if self._row >= MOST_ROWS:
            raise TooManyRows
        self._part.write("".join(written).encode())
        return self._sink.take()

    def total(self, text: str) -> bytes:
        """Write a line that is one text, such as a sum; raises TooManyRows."""
        self._single(text, "total")
        return self._sink.take()

    def end(self) -> bytes:
        """Write the rest."""
        self._part.write(b"</sheetData>" + self._skeleton.after)
        self._part.close()
        self._archive.close()
        return self._sink.take()

    def _single(self, text: str, style: str, look: str = "") -> None:
        self._write([_text(1, self._styles[style])], [text], look)

    def _write(self, writers: Sequence[Writer], row: Row, look: str = "") -> None:
        self._row += 1
        if self._row >= MOST_ROWS:
            raise TooManyRows
        number = str(self._row)
        cells = [write(value, number) for write, value in zip(writers, row, strict=True)]
        self._part.write(f'<row r="{number}"{look}>{"".join(cells)}</row>'.encode())

    def _writer(self, place: int, kind: Kind) -> Writer:
        make = {"text": _text, "number": _number, "moment": _moment}[kind]
        return make(place, self._styles[kind])


class _Sink:
    """What the archive writes to: gives away what it has."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: what is written waits to be taken."""

    def close(self) -> None:
        """Do nothing, as before."""

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def _text(place: int, style: int) -> Writer:
    begin, empty = f'<c r="{get_column_letter(place)}', f'" s="{style}"/>'
    middle, end = f'" s="{style}" t="inlineStr"><is><t xml:space="preserve">', "</t></is></c>"

    def write(value: str | None, row: str) -> str:
        if value is None:
            return f"{begin}{row}{empty}"
        return f"{begin}{row}{middle}{_escaped(value)}{end}"

    return write


def _number(place: int, style: int) -> Writer:
    begin, empty, middle = f'<c r="{get_column_letter(place)}', f'" s="{style}"/>', f'" s="{style}"><v>'
    return lambda value, row: f"{begin}{row}{empty}" if value is None else f"{begin}{row}{middle}{value!r}</v></c>"


def _moment(place: int, style: int) -> Writer:
    begin, empty, middle = f'<c r="{get_column_letter(place)}', f'" s="{style}"/>', f'" s="{style}"><v>'

    def write(value: datetime | None, row: str) -> str:
        if value is None:
            return f"{begin}{row}{empty}"
        since = value - DAY_ZERO
        return f"{begin}{row}{middle}{since.days + since.seconds / _DAY_SECONDS!r}</v></c>"

    return write


def _escaped(text: str) -> str:
    """Return the text as XML: `_x0041_` would be read as the letter A."""
    if _SPECIAL.search(text) is None and len(text) <= LONGEST_TEXT:
        return text
    text = _ESCAPED.sub("_x005F_", _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text[:LONGEST_TEXT]))
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")

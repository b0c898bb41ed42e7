"""What a workbook has beside its lines: styles, widths, how it is printed. The library writes it."""

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

Kind = Literal["text", "number", "moment"]
"""What the cells of a column hold: moments are `datetime` without a zone."""
_A4 = 9
_LINE = Side(style="thin", color="FF999999")
_GRID = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_SHEET = "xl/worksheets/sheet1.xml"
_DATA = re.compile(r"<sheetData\s*/>|<sheetData>.*</sheetData>", re.DOTALL)
_DIMENSION = re.compile(r"<dimension [^>]*/>")
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f\ufffe\uffff]")
_LONGEST_NAME = 31


@dataclass(frozen=True, slots=True)
class Heading:
    """A column: what stands above it, what its cells hold, and its width in characters."""

    text: str
    kind: Kind = "text"
    width: float = 14.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet before its lines: landscape A4, as wide as a page, the headings on each page."""

    name: str
    headings: Sequence[Heading]
    title: str | None = None
    notes: Sequence[str] = ()
    """Lines between the title and the headings."""
    footer: str | None = None
    """`&P` is the number of the page and `&N` how many there are."""

    @property
    def heading_row(self) -> int:
        """The number of the row of headings, from 1."""
        return (self.title is not None) + len(self.notes) + 1


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The parts of the file, and the sheet's own part as it is before and after the lines."""

    parts: Mapping[str, bytes]
    part: str
    before: bytes
    after: bytes
    styles: Mapping[str, int]
    """By kind, and of `title`, `note`, `heading` and `total`: the number that a cell of that style names."""


def skeleton(sheet: Sheet) -> Skeleton:
    """Return what a workbook of that sheet has beside its lines."""
    book = Workbook()
    page = book.active
    page.title = _NOT_IN_NAMES.sub(" ", sheet.name)[:_LONGEST_NAME].strip("' ") or "Sheet"
    book.properties.creator = "Jieban"
    book.properties.title = sheet.title
    styles = _styles(page)
    _lay_out(page, sheet)
    file = io.BytesIO()
    book.save(file)
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    own = _DIMENSION.sub("", parts.pop(_SHEET).decode())
    before, after = _DATA.split(own)
    return Skeleton(parts, _SHEET, before.encode(), after.encode(), styles)


def _styles(page: Any) -> dict[str, int]:
    looks: dict[str, dict[str, Any]] = {
        "text": {"alignment": Alignment(vertical="top", wrap_text=True), "border": _GRID},
        "number": {"alignment": Alignment(vertical="top"), "border": _GRID},
        "moment": {
            "alignment": Alignment(vertical="top", horizontal="left"),
            "border": _GRID,
            "number_format": "yyyy-mm-dd hh:mm",
        },
        "title": {"alignment": Alignment(horizontal="center", vertical="center"), "font": Font(bold=True, size=16)},
        "note": {"alignment": Alignment(vertical="center", wrap_text=True)},
        "heading": {
            "alignment": Alignment(horizontal="center", vertical="center", wrap_text=True),
            "border": _GRID,
            "font": Font(bold=True),
            "fill": PatternFill("solid", fgColor="FFE8EEF4"),
        },
        "total": {"alignment": Alignment(vertical="center"), "font": Font(bold=True)},
    }
    numbers = {}
    for place, (name, look) in enumerate(looks.items(), start=1):
        cell = page.cell(1, place)
        for attribute, value in look.items():
            setattr(cell, attribute, value)
        numbers[name] = int(cell.style_id)
    return numbers


def _lay_out(page: Any, sheet: Sheet) -> None:
    last = get_column_letter(len(sheet.headings))
    for place, heading in enumerate(sheet.headings, start=1):
        page.column_dimensions[get_column_letter(place)].width = heading.width
    if len(sheet.headings) > 1:
        for row in range(1, sheet.heading_row):
            page.merge_cells(f"A{row}:{last}{row}")
    page.freeze_panes = f"A{sheet.heading_row + 1}"
    page.print_title_rows = f"{sheet.heading_row}:{sheet.heading_row}"
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", _A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    page.page_margins.left = page.page_margins.right = 0.4
    page.page_margins.top = page.page_margins.bottom = 0.6
    page.print_options.horizontalCentered = True
    if sheet.footer is not None:
        page.oddFooter.center.text = sheet.footer

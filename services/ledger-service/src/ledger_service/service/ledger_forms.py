"""The forms that a file of a ledger may have: CSV, XLSX and JSON, each written as the lines come."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from ledger_service.domain.ledger_columns import Column, columns_of
from ledger_service.domain.ledger_orders import Form, Order
from ledger_service.domain.ledger_totals import Totals, parted
from ledger_service.domain.ledger_words import Words
from ledger_service.domain.names import Labels, shipped_labels
from operations.sheets.lines import CSV, MARK, csv_lines
from operations.sheets.skeleton import Heading, Kind, Sheet
from operations.sheets.workbook import XLSX, Workbook

Lines = Sequence[Sequence[Any]]
"""Lines as `persistence.ledger_lines.read` gives them."""
MEDIA: Mapping[Form, str] = {"csv": f"{CSV}; charset=utf-8", "xlsx": XLSX, "json": "application/json"}
_KINDS: Mapping[str, Kind] = {"number": "number", "moment": "moment"}
_GROUP = -4
_TO_SECONDS = len("2026-03-01 08:00:00")


@dataclass(frozen=True, slots=True)
class Made:
    """When a file is made, by whom, in which time zone its days are, and what the tenant calls things."""

    at: datetime
    actor: str
    zone: ZoneInfo
    labels: Labels = field(default_factory=shipped_labels)


class Writer(ABC):
    """Writes one file: `begin`, `lines` as often as there are some, `end`; each returns the next bytes.

    Raises `operations.sheets.workbook.TooManyRows` where a workbook has no room for a line.
    """

    def __init__(self, order: Order, made: Made) -> None:
        self.order, self.made = order, made
        self.words = Words(order, made.labels)
        self.columns = columns_of(order.definition.subject, order.columns)
        self.totals = Totals()

    @abstractmethod
    def begin(self) -> bytes:
        """Write what stands above the lines."""

    @abstractmethod
    def lines(self, lines: Lines) -> bytes:
        """Write some more lines."""

    @abstractmethod
    def end(self) -> bytes:
        """Write what stands below the lines."""


class _Csv(Writer):
    """Headings and lines, for programs and spreadsheets; times in the tenant's time zone."""

    def begin(self) -> bytes:
        cells = (self._cell(column) for column in self.columns)
        self._cells: list[Callable[[Any], Any]] = list(cells)
        return MARK + csv_lines([[self.words.heading(column.code) for column in self.columns]])

    def lines(self, lines: Lines) -> bytes:
        cells = self._cells
        return csv_lines(
            [None if value is None else cell(value) for cell, value in zip(cells, line, strict=False)] for line in lines
        )

    def end(self) -> bytes:
        return b""

    def _cell(self, column: Column) -> Callable[[Any], Any]:
        if column.kind == "moment":
            zone = self.made.zone
            return lambda value: value.astimezone(zone).isoformat(" ")[:_TO_SECONDS]
        return _shown(self.words, column)


class _Xlsx(Writer):
    """A sheet that an office prints: title, period, filters, lines in their groups with sums."""

    def begin(self) -> bytes:
        headings = [
            Heading(self.words.heading(each.code), _KINDS.get(each.kind, "text"), each.width) for each in self.columns
        ]
        title = self.words.title
        sheet = Sheet(name=title, title=title, notes=self.words.notes(), headings=headings, footer=self.words.footer)
        self._book = Workbook(sheet)
        self._cells = [self._cell(column) for column in self.columns]
        self._group: Any = None
        self._subtotals = Totals()
        return self._book.begin()

    def lines(self, lines: Lines) -> bytes:
        written = []
        for group, run in parted(lines, _GROUP):
            if group != self._group:
                written.append(self._end_group())
                self._group = group
            self._subtotals.count_all(run)
            written.append(self._book.lines(map(self._row, run)))
        return b"".join(written)

    def end(self) -> bytes:
        last = self._end_group()
        local = self.made.at.astimezone(self.made.zone)
        return b"".join(
            [
                last,
                self._book.total(self.words.total(self.totals)),
                self._book.total(self.words.generated(local, str(self.made.zone), self.made.actor)),
                self._book.end(),
            ]
        )

    def _end_group(self) -> bytes:
        ended, self._subtotals = self._subtotals, Totals()
        self.totals.add(ended)
        if self.order.definition.group_by is None or not ended.lines:
            return b""
        return self._book.total(self.words.subtotal(self._group, ended))

    def _row(self, line: Sequence[Any]) -> list[Any]:
        return [None if value is None else cell(value) for cell, value in zip(self._cells, line, strict=False)]

    def _cell(self, column: Column) -> Callable[[Any], Any]:
        if column.kind == "moment":
            zone = self.made.zone
            return lambda value: value.astimezone(zone).replace(tzinfo=None)
        return _shown(self.words, column)


class _Json(Writer):
    """One object: what the ledger is, its lines with codes and UTC times, and what they come to."""

    def begin(self) -> bytes:
        order = self.order
        head = {
            "ledger": order.name,
            "version": order.version,
            "title": self.words.title,
            "from": order.first,
            "to": order.last,
            "time_zone": str(self.made.zone),
            "period": order.definition.period,
            "filters": order.definition.filters.content(),
            "narrowed": order.narrowed.content(),
            "generated_at": self.made.at,
            "generated_by": self.made.actor,
        }
        self._names = order.columns
        self._between = b'"lines":[\n'
        return msgspec.json.encode(head)[:-1] + b","

    def lines(self, lines: Lines) -> bytes:
        self.totals.count_all(lines)
        names, encode = self._names, msgspec.json.encode
        text = b",\n".join([encode(dict(zip(names, line, strict=False))) for line in lines])
        between, self._between = self._between, b",\n"
        return between + text

    def end(self) -> bytes:
        totals = {
            "lines": self.totals.lines,
            "on_time": self.totals.on_time,
            "late": self.totals.late,
            "by": self.totals.facets,
        }
        opening = self._between if self.totals.lines == 0 else b""
        return opening + b'\n],"totals":' + msgspec.json.encode(totals) + b"}\n"


_WRITERS: Mapping[Form, type[Writer]] = {"csv": _Csv, "xlsx": _Xlsx, "json": _Json}


def writer(order: Order, made: Made) -> Writer:
    """Return what writes the file that was asked for."""
    return _WRITERS[order.form](order, made)


def _shown(words: Words, column: Column) -> Callable[[Any], Any]:
    """Return what shows the values of a column; names of codes are looked up once."""
    if column.kind not in {"code", "flag"}:
        return lambda value: value
    known: dict[Any, str] = {}

    def shown(value: Any) -> str:
        if value not in known:
            known[value] = words.shown(column, value)
        return known[value]

    return shown

"""The forms that a file of complaints may have, each written as the rows come: CSV, XLSX, NDJSON, GeoJSON."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

import orjson

from contracts.events import RequestKind
from intake_service.persistence.complaint_filters import ComplaintFilter
from intake_service.persistence.place_names import PlaceNames
from intake_service.service.references import Naming
from operations.preferences import Language
from operations.sheets.lines import CSV, MARK, csv_lines
from operations.sheets.skeleton import Heading, Kind, Sheet
from operations.sheets.workbook import XLSX, Workbook

Form: TypeAlias = Literal["csv", "xlsx", "ndjson", "geojson"]
MEDIA: Mapping[Form, str] = {
    "csv": f"{CSV}; charset=utf-8",
    "xlsx": XLSX,
    "ndjson": "application/x-ndjson",
    "geojson": "application/geo+json",
}
Namings: TypeAlias = Mapping[int | None, Naming]
"""What things are called, by the version that a complaint was filed under."""
Cell: TypeAlias = Callable[[Any, Naming], Any]
"""What makes of a value what stands in a file."""
_TO_SECONDS = len("2026-03-01 08:00:00")


class Column(NamedTuple):
    """A column: its names, and what stands in it."""

    code: str
    zh: str
    en: str
    kind: Kind = "text"
    width: float = 14.0


COLUMNS = (
    Column("number", "编号", "Number", width=18),
    Column("received_at", "受理时间", "Received at", "moment", 16),
    Column("status", "状态", "Status"),
    Column("kind", "诉求类型", "Kind"),
    Column("source", "事件来源", "Source"),
    Column("category", "类别", "Category", width=18),
    Column("description", "描述", "Description", width=50),
    Column("address", "地址", "Address", width=24),
    Column("lon", "经度", "Longitude", "number"),
    Column("lat", "纬度", "Latitude", "number"),
    Column("community", "社区", "Community"),
    Column("grid", "网格", "Grid"),
    Column("unit", "承办单位", "Unit", width=18),
    Column("updated_at", "更新时间", "Updated at", "moment", 16),
    Column("external_ref", "外部编号", "External reference", width=18),
    Column("id", "标识", "Id", width=38),
)
REPORTERS = (
    Column("name", "姓名", "Name"),
    Column("phone", "电话", "Phone", width=16),
    Column("email", "邮箱", "Email", width=24),
)


def columns_of(*, reporters: bool) -> Sequence[Column]:
    """Return what a line has, with who reported where `reporters` is true."""
    return (*COLUMNS, *REPORTERS) if reporters else COLUMNS


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a file looks: its columns, language and time zone, and what it says of itself."""

    columns: Sequence[Column]
    language: Language
    zone: ZoneInfo
    statuses: Mapping[str, tuple[str, str]]
    kinds: Mapping[RequestKind, tuple[str, str]]
    places: PlaceNames
    made_at: datetime
    made_by: str

    def heading(self, column: Column) -> str:
        """Return what stands above a column."""
        return column.en if self.language == "en" else column.zh

    def note(self) -> str:
        """Return when it was made, and by whom."""
        at = self.made_at.astimezone(self.zone).isoformat(" ")[:_TO_SECONDS]
        if self.language == "en":
            return f"Made at {at} ({self.zone}) by {self.made_by}"
        return f"制表时间：{at}（{self.zone}）　制表人：{self.made_by}"

    def shown(self, column: Column) -> Cell:
        """Return what makes people's words of the values of a column."""
        place = self.language == "en"
        if column.code == "status":
            return lambda value, _: self.statuses.get(value, (value, value))[place]
        if column.code == "kind":
            return lambda value, _: self.kinds.get(value, (value, value))[place]
        if column.code == "source":
            return lambda value, naming: (naming.source(value) or (value, value))[place]
        if column.code == "category":
            return lambda value, naming: (naming.category(value) or (value, value))[place]
        if column.code in self.places:
            names = self.places[column.code]
            return lambda value, _: names.get(value, value)
        return _as_text if column.code == "id" else _as_it_is


def _as_text(value: Any, _: Naming) -> str:
    return str(value)


def _as_it_is(value: Any, _: Naming) -> Any:
    return value


class Writer(ABC):
    """Writes one file: `begin`, `lines` as often as there are some, `end`; each returns the next bytes."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self._cells = [self._cell(column) for column in look.columns]

    @abstractmethod
    def begin(self) -> bytes:
        """Write what stands above the lines."""

    @abstractmethod
    def lines(self, rows: Sequence[Sequence[Any]], namings: Namings) -> bytes:
        """Write some more lines, each with the values of the columns and the version that it was filed under."""

    def end(self) -> bytes:
        """Write what stands below the lines."""
        return b""

    def _cell(self, column: Column) -> Cell:
        return self.look.shown(column)

    def _rows(self, rows: Sequence[Sequence[Any]], namings: Namings) -> Iterator[list[Any]]:
        for *values, version in rows:
            naming = namings[version]
            yield [
                None if value is None else cell(value, naming) for cell, value in zip(self._cells, values, strict=True)
            ]


class _Csv(Writer):
    """For programs and spreadsheets; times in the tenant's time zone."""

    def begin(self) -> bytes:
        return MARK + csv_lines([[self.look.heading(column) for column in self.look.columns]])

    def lines(self, rows: Sequence[Sequence[Any]], namings: Namings) -> bytes:
        return csv_lines(self._rows(rows, namings))

    def _cell(self, column: Column) -> Cell:
        if column.kind == "moment":
            return lambda value, _: value.astimezone(self.look.zone).isoformat(" ")[:_TO_SECONDS]
        return super()._cell(column)


class _Xlsx(Writer):
    """A sheet that an office prints."""

    def begin(self) -> bytes:
        title = "Complaints" if self.look.language == "en" else "诉求清单"
        headings = [Heading(self.look.heading(each), each.kind, each.width) for each in self.look.columns]
        sheet = Sheet(name=title, title=title, notes=[self.look.note()], headings=headings, footer="&P / &N")
        self._book = Workbook(sheet)
        return self._book.begin()

    def lines(self, rows: Sequence[Sequence[Any]], namings: Namings) -> bytes:
        return self._book.lines(self._rows(rows, namings))

    def end(self) -> bytes:
        return self._book.end()

    def _cell(self, column: Column) -> Cell:
        if column.kind == "moment":
            return lambda value, _: value.astimezone(self.look.zone).replace(tzinfo=None)
        return super()._cell(column)


class _Ndjson(Writer):
    """A line of JSON for each complaint, with codes and times in UTC."""

    def begin(self) -> bytes:
        self._names = [column.code for column in self.look.columns]
        return b""

    def lines(self, rows: Sequence[Sequence[Any]], namings: Namings) -> bytes:
        return b"".join(
            orjson.dumps(dict(zip(self._names, row, strict=True))) + b"\n" for row in self._rows(rows, namings)
        )

    def _cell(self, column: Column) -> Cell:
        return _as_text if column.code == "id" else _as_it_is


class _Geojson(_Ndjson):
    """A map (RFC 7946), with codes and times in UTC; what has no point is left out."""

    def begin(self) -> bytes:
        super().begin()
        self._between = b""
        return b'{"type":"FeatureCollection","features":['

    def lines(self, rows: Sequence[Sequence[Any]], namings: Namings) -> bytes:
        pieces = []
        for row in self._rows(rows, namings):
            facts = dict(zip(self._names, row, strict=True))
            point = (facts.pop("lon"), facts.pop("lat"))
            if None in point:
                continue
            geometry = {"type": "Point", "coordinates": point}
            feature = {"type": "Feature", "id": facts.pop("id"), "geometry": geometry, "properties": facts}
            pieces.append(self._between + orjson.dumps(feature))
            self._between = b",\n"
        return b"".join(pieces)

    def end(self) -> bytes:
        return b"]}\n"


_WRITERS: Mapping[Form, type[Writer]] = {"csv": _Csv, "xlsx": _Xlsx, "ndjson": _Ndjson, "geojson": _Geojson}


def of_form(form: Form, wanted: ComplaintFilter) -> ComplaintFilter:
    """Return what a file of that form has of what is wanted: a map, what has a point."""
    return replace(wanted, located=True) if form == "geojson" and wanted.located is None else wanted


def writer(form: Form, look: Look) -> Writer:
    """Return what writes a file of that form."""
    return _WRITERS[form](look)

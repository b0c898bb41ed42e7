"""Reads a form with one file, piece by piece as it comes: the file goes to a writer, its fields are short."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi import Request
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from intake_service.persistence.staging import Writer
from operations.problems import invalid
from runtime.problems import Problem

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_LONGEST_NAME = 1000


@dataclass(frozen=True)
class Kind:
    """What forms of a kind hold."""

    file: str
    """The name of the part that is the file."""
    longest_field: int
    """In bytes."""
    most_parts: int
    needs_file: bool = True


UPLOAD = Kind("file", 1000, 10)
Gate = Callable[["Form"], Awaitable[None]]
"""Told the form once its file begins, before any of it is kept; may refuse it."""


@dataclass
class Form:
    """What came beside the content of the file."""

    fields: dict[str, str] = field(default_factory=dict)
    name: str | None = None
    declared: str | None = None
    has_file: bool = False


async def read_form(request: Request, writer: Writer, kind: Kind = UPLOAD, gate: Gate | None = None) -> Form:
    """Return the form, and its file in `writer`.

    Raises Problem: 415 for another media type, 400 for a form that cannot be read, 422 for one without the file, with
    two of them, or with a field twice; and what `writer` and `gate` raise.
    """
    reader = _Reader(kind)
    boundary = _boundary(request)
    try:
        parser = MultipartParser(boundary, reader.callbacks())
        async for chunk in request.stream():
            parser.write(chunk)
            if gate is not None and reader.form.has_file:
                await gate(reader.form)
                gate = None
            for data in reader.take():
                await writer.take(data)
    except FormParserError as error:
        raise Problem(400, "multipart-invalid") from error
    if not reader.is_complete:
        raise Problem(400, "multipart-invalid")
    if kind.needs_file and not reader.form.has_file:
        raise invalid(f"/{kind.file}", "missing")
    return reader.form


def _boundary(request: Request) -> bytes:
    media_type, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary")
    if media_type.lower() != b"multipart/form-data" or not boundary:
        raise Problem(415, "multipart-needed", headers={"Accept": "multipart/form-data"})
    return boundary


class _Reader:
    """Follows the parser; what it raises goes through the parser to whoever feeds it."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self.form = Form()
        self.is_complete = False
        self._parts = 0
        self._content: list[bytes] = []
        self._begin()

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin,
            "on_part_data": self._data,
            "on_part_end": self._end_part,
            "on_header_field": lambda data, start, end: self._header_name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header_value.extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_end": self._end,
        }

    def take(self) -> list[bytes]:
        content, self._content = self._content, []
        return content

    def _begin(self) -> None:
        self._headers: dict[bytes, bytes] = {}
        self._header_name, self._header_value = bytearray(), bytearray()
        self._field = ""
        self._text = bytearray()

    def _end_header(self) -> None:
        self._headers[bytes(self._header_name).lower()] = bytes(self._header_value)
        self._header_name, self._header_value = bytearray(), bytearray()

    def _end_headers(self) -> None:
        self._parts += 1
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        self._field = _text(options.get(b"name", b""))
        if not self._field or self._parts > self._kind.most_parts:
            raise Problem(400, "multipart-invalid")
        if self._field in self.form.fields or (self._field == self._kind.file and self.form.has_file):
            raise invalid(f"/{self._field}"[:_LONGEST_NAME], "part-repeated")
        if self._field == self._kind.file:
            self._begin_file(options)

    def _begin_file(self, options: Mapping[bytes, bytes]) -> None:
        self.form.has_file = True
        self.form.name = _text(options.get(b"filename", b"")) or None
        self.form.declared = _text(self._headers.get(b"content-type", b"")) or None

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._field == self._kind.file:
            self._content.append(data[start:end])
            return
        self._text += data[start:end]
        if len(self._text) > (most := self._kind.longest_field):
            raise invalid(f"/{self._field}"[:_LONGEST_NAME], "string_too_long", max_length=most)

    def _end_part(self) -> None:
        if self._field != self._kind.file:
            self.form.fields[self._field] = _text(bytes(self._text))

    def _end(self) -> None:
        self.is_complete = True


def _text(given: bytes) -> str:
    try:
        return given.decode()
    except UnicodeDecodeError as error:
        raise Problem(400, "multipart-invalid") from error

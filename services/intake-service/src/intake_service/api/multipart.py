"""Reads a form with files, piece by piece as it comes: files go to a writer, fields are short."""

import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from fastapi import Request
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from operations.problems import invalid
from runtime.problems import Problem

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

NUL = "\0"
"""PostgreSQL has it in no text."""
_LONGEST_NAME = 1000


@dataclass(frozen=True)
class Kind:
    """What forms of a kind hold."""

    files: Collection[str]
    """The names of the parts that are files."""
    longest_field: int
    """In bytes."""
    most_parts: int
    most_files: int = 1
    needs: str | None = None
    """The name of the part, a file or not, that it may not lack."""
    fields: Collection[str] | None = None
    """The names of all parts that are no files, where others are refused."""
    repeats: re.Pattern[str] | None = None
    """The names that several parts may have which are no files; None where none may."""


UPLOAD = Kind({"file"}, 1000, 10, needs="file")
BINARY = {"type": "string", "format": "binary"}
"""A file, as OpenAPI has it."""
Gate = Callable[["Form"], Awaitable[None]]
"""Told the form once a file begins, before any of it is kept; may refuse it."""


def form_body(
    needs: str, properties: Mapping[str, Any], *, is_only: bool = True, as_json: str | None = None
) -> dict[str, Any]:
    """Return what OpenAPI says of a route that takes a form.

    `is_only`: the route takes nothing else. `as_json`: the part that is JSON.
    """
    form: dict[str, Any] = {"schema": {"type": "object", "required": [needs], "properties": properties}}
    if as_json is not None:
        form["encoding"] = {as_json: {"contentType": "application/json"}}
    body: dict[str, Any] = {"content": {"multipart/form-data": form}}
    return {"requestBody": {"required": True, **body} if is_only else body}


class Writing(Protocol):
    """Takes the content of files."""

    async def take(self, data: bytes) -> None:
        """Take what follows of the file that has begun last."""


@dataclass(frozen=True, slots=True)
class FileHead:
    """What a form says of a file."""

    part: str
    name: str | None
    declared: str | None


@dataclass
class Form:
    """What came beside the content of the files."""

    values: dict[str, list[str]] = field(default_factory=dict)
    """What the parts of each name say that are no files."""
    files: list[FileHead] = field(default_factory=list)

    @property
    def fields(self) -> dict[str, str]:
        """What the first part of each name says."""
        return {name: texts[0] for name, texts in self.values.items()}

    @property
    def has_file(self) -> bool:
        """Whether a file has begun."""
        return bool(self.files)

    @property
    def name(self) -> str | None:
        """The name of its first file."""
        return self.files[0].name if self.files else None

    @property
    def declared(self) -> str | None:
        """The media type that is declared of its first file."""
        return self.files[0].declared if self.files else None


async def read_form(request: Request, writer: Writing, kind: Kind = UPLOAD, gate: Gate | None = None) -> Form:
    """Return the form; its files went to `writer`, each after `gate` was told of it.

    Raises Problem: 415 for another media type, 400 for a form that cannot be read, 422 for one without a part that it
    needs, with too many files, or with a field twice; and what `writer` and `gate` raise.
    """
    reader = _Reader(kind)
    boundary = _boundary(request)
    try:
        parser = MultipartParser(boundary, reader.callbacks())
        async for chunk in request.stream():
            parser.write(chunk)
            for data in reader.take():
                if data is not None:
                    await writer.take(data)
                elif gate is not None:
                    await gate(reader.form)
    except FormParserError as error:
        raise Problem(400, "multipart-invalid") from error
    if not reader.is_complete:
        raise Problem(400, "multipart-invalid")
    if kind.needs is not None and kind.needs not in reader.parts:
        raise invalid(f"/{kind.needs}", "missing")
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
        self.parts = set[str]()
        self._count = 0
        self._content: list[bytes | None] = []
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

    def take(self) -> list[bytes | None]:
        """Return what has come of files since; None where one begins."""
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
        self._count += 1
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        self._field = _text(options.get(b"name", b""))
        if not self._field or self._count > self._kind.most_parts:
            raise Problem(400, "multipart-invalid")
        is_file = self._field in self._kind.files
        if not is_file and self._kind.fields is not None and self._field not in self._kind.fields:
            raise invalid(f"/{self._field}"[:_LONGEST_NAME], "extra_forbidden")
        if self._field in self.parts and not self._may_repeat(is_file):
            raise invalid(f"/{self._field}"[:_LONGEST_NAME], "part-repeated")
        self.parts.add(self._field)
        if is_file:
            self._begin_file(options)

    def _may_repeat(self, is_file: bool) -> bool:
        if is_file:
            return self._kind.most_files > 1
        return self._kind.repeats is not None and self._kind.repeats.fullmatch(self._field) is not None

    def _begin_file(self, options: Mapping[bytes, bytes]) -> None:
        if len(self.form.files) >= self._kind.most_files:
            raise Problem(422, "too-many-attachments", limit=self._kind.most_files)
        name = _text(options.get(b"filename", b"")) or None
        self.form.files.append(FileHead(self._field, name, _text(self._headers.get(b"content-type", b"")) or None))
        self._content.append(None)

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._field in self._kind.files:
            self._content.append(data[start:end])
            return
        self._text += data[start:end]
        if len(self._text) > (most := self._kind.longest_field):
            raise invalid(f"/{self._field}"[:_LONGEST_NAME], "string_too_long", max_length=most)

    def _end_part(self) -> None:
        if self._field not in self._kind.files:
            self.form.values.setdefault(self._field, []).append(_text(bytes(self._text)))

    def _end(self) -> None:
        self.is_complete = True


def _text(given: bytes) -> str:
    try:
        text = given.decode()
    except UnicodeDecodeError as error:
        raise Problem(400, "multipart-invalid") from error
    if NUL in text:
        raise Problem(400, "multipart-invalid")
    return text

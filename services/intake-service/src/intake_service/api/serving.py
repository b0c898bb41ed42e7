"""Files as answers: with what keeps a browser from taking them for anything else, and parts of them on demand."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from runtime.etag import is_among
from runtime.problems import Problem

_HEADERS = {
    "Accept-Ranges": "bytes",
    "Cache-Control": "private, max-age=300",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Vary": "Authorization",
}
_ONE_RANGE = re.compile(r"bytes=([0-9]{1,18})-([0-9]{0,18})|bytes=-([0-9]{1,18})", re.ASCII)
Read = Callable[[int, int], Awaitable[AsyncIterator[bytes]]]
"""Given the first byte and how many, returns them in blocks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAs:
    """What a file is for whoever gets it."""

    tag: str
    size: int
    media_type: str
    name: str
    """In ASCII, without quotes."""
    download: bool


async def serve(request: Request, read: Read, file: ShownAs) -> Response:
    """Return the file, or the one range of it that is asked for; 304 where the caller has it.

    A `Range` of several parts, or one that cannot be read, counts for nothing. Raises Problem 416 for a range behind
    the end, and what `read` raises.
    """
    etag = f'"{file.tag}"'
    if is_among(etag, request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers={**_HEADERS, "ETag": etag})
    part = _part(request, file.size, etag)
    wanted = part or range(file.size)
    headers = {
        **_HEADERS,
        "ETag": etag,
        "Content-Length": str(len(wanted)),
        "Content-Disposition": f'{"attachment" if file.download else "inline"}; filename="{file.name}"',
    }
    if part is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{file.size}"
    blocks = await read(wanted.start, len(wanted))
    return StreamingResponse(blocks, 206 if part is not None else 200, headers, file.media_type)


def _part(request: Request, size: int, etag: str) -> range | None:
    """Return the bytes that are asked for, None for all."""
    asked = _ONE_RANGE.fullmatch(request.headers.get("range", ""))
    if asked is None or request.headers.get("if-range", etag) != etag:
        return None
    first, last, suffix = asked.groups()
    if first and last and int(last) < int(first):
        return None
    if int(first) >= size if first else int(suffix) == 0:
        raise Problem(416, "range-not-satisfiable", headers={"Content-Range": f"bytes */{size}"}, size=size)
    if not first:
        return range(max(0, size - int(suffix)), size)
    return range(int(first), min(size, int(last) + 1) if last else size)

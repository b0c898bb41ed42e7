"""Files as answers: with what keeps a browser from taking them for anything else, and parts of them on demand."""

import re
from pathlib import Path

from fastapi import Request, Response
from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from runtime.problems import Problem

_HEADERS = {
    "Cache-Control": "private, max-age=300",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Vary": "Authorization",
}
_ONE_RANGE = re.compile(r"bytes=([0-9]{1,18})-([0-9]{0,18})|bytes=-([0-9]{1,18})", re.ASCII)


def serve(request: Request, path: Path, *, tag: str, size: int, media_type: str, name: str, download: bool) -> Response:
    """Return the file, or the one range of it that is asked for; 304 where the caller has it.

    A `Range` of several parts, or one that cannot be read, counts for nothing. Raises Problem 416 for a range behind
    the end.
    """
    etag = f'"{tag}"'
    if etag in re.split(r"\s*,\s*", request.headers.get("if-none-match", "").replace("W/", "")):
        return Response(status_code=304, headers={**_HEADERS, "ETag": etag})
    kind = FileResponse if _wants_range(request, size, etag) else _Whole
    return kind(
        path,
        headers={**_HEADERS, "ETag": etag},
        media_type=media_type,
        filename=name,
        content_disposition_type="attachment" if download else "inline",
    )


class _Whole(FileResponse):
    """All of the file, whatever range is asked for."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(name, value) for name, value in scope["headers"] if name != b"range"]
        await super().__call__({**scope, "headers": headers}, receive, send)


def _wants_range(request: Request, size: int, etag: str) -> bool:
    asked = _ONE_RANGE.fullmatch(request.headers.get("range", ""))
    if asked is None or request.headers.get("if-range", etag) != etag:
        return False
    first, last, suffix = asked.groups()
    if first and last and int(last) < int(first):
        return False
    if int(first) >= size if first else int(suffix) == 0:
        raise Problem(416, "range-not-satisfiable", headers={"Content-Range": f"bytes */{size}"}, size=size)
    return True

"""Answers that caches may keep for a while, and that are not sent again to whoever has them."""

import hashlib

from fastapi import Request, Response

from runtime.etag import is_among


def cacheable(
    request: Request, content: bytes | str, *, cache_control: str, media_type: str = "application/json"
) -> Response:
    """Return it with an `ETag` of what it says; 304 where the caller has it."""
    body = content.encode() if isinstance(content, str) else content
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": cache_control}
    if is_among(tag, request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)

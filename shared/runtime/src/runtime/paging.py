"""Lists in pages: a signed cursor, a limit, a link to the next page."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Self
from urllib.parse import quote, urlencode

from fastapi import Query, Request

from runtime.problems import Problem

MAX_LIMIT = 200
DEFAULT_LIMIT = 50
_MAC_BYTES = 16

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Items on a page.")]
"""For `limit: Limit = DEFAULT_LIMIT`."""
CursorText = Annotated[
    str | None, Query(alias="cursor", max_length=1024, description="From the `Link: rel=next` of the page before.")
]
"""For `cursor: CursorText = None`."""

Position = str | int | float | None


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page begins: the sort key of the last item, times as RFC 3339 text."""

    position: tuple[Position, ...]

    def encode(self, key: bytes, *, tenant: str, filters: Mapping[str, object]) -> str:
        """Return the opaque text, which only works with the same tenant and the same filters."""
        payload = json.dumps(self.position, separators=(",", ":")).encode()
        return _opaque(_mac(key, payload, tenant, filters) + payload)

    @classmethod
    def decode(cls, text: str, key: bytes, *, tenant: str, filters: Mapping[str, object]) -> Self:
        """Return the cursor of an opaque text; `Problem` 400 `cursor-invalid` if we did not make it for this list."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except ValueError as error:
            raise Problem(400, "cursor-invalid") from error
        mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        is_ours = hmac.compare_digest(mac, _mac(key, payload, tenant, filters))
        if not is_ours or _opaque(raw) != text:
            raise Problem(400, "cursor-invalid")
        return cls(tuple(json.loads(payload)))


def link_header(request: Request, cursor: str) -> str:
    """Return the `Link` header to the next page: the same address and filters, with the cursor."""
    pairs = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return f'<{quote(request.scope["path"])}?{urlencode([*pairs, ("cursor", cursor)])}>; rel="next"'


def _opaque(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _mac(key: bytes, payload: bytes, tenant: str, filters: Mapping[str, object]) -> bytes:
    bound = json.dumps([tenant, dict(filters)], sort_keys=True, default=str).encode()
    return hmac.digest(key, hashlib.sha256(bound).digest() + payload, "sha256")[:_MAC_BYTES]

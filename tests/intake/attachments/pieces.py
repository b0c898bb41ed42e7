"""Uploads in pieces, as a client sends them."""

import hashlib
from typing import Any

import httpx

from intake.attachments.files import video

PIECE = "application/offset+octet-stream"


def content_of(seed: int, repeats: int = 50_000) -> bytes:
    """Return a film that each seed has another of."""
    return video() + seed.to_bytes(4, "big") * repeats


async def begun(client: httpx.AsyncClient, headers: dict[str, str], content: bytes, **more: Any) -> httpx.Response:
    """Begin the upload of a content, or ask how far it is."""
    body = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), **more}
    return await client.post("/attachments/uploads", json=body, headers=headers)


async def send(
    client: httpx.AsyncClient, headers: dict[str, str], upload: str, offset: int, piece: Any
) -> httpx.Response:
    """Send a piece, or an iterator of parts of it."""
    headers = {**headers, "Content-Type": PIECE, "Upload-Offset": str(offset)}
    return await client.patch(f"/attachments/uploads/{upload}", content=piece, headers=headers)

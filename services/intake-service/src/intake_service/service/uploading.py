"""Uploads that a client goes on with after its network was away: found by the hash of their content."""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.roles import STAFF
from intake_service.domain.attachment import Wish
from intake_service.persistence import attachments, uploads
from intake_service.persistence.blobs import StoreAway
from intake_service.persistence.staging import Busy, TooLong
from intake_service.service.attaching import Attaching, answer_for
from intake_service.service.joining import make_room
from operations.problems import invalid
from runtime import clock
from runtime.auth import Caller
from runtime.idempotency import StoredAnswer
from runtime.ids import uuid7
from runtime.problems import Problem

KEEP_UPLOADS = timedelta(days=1)
"""For so long an upload can be gone on with."""


@dataclass(frozen=True, slots=True)
class Upload:
    """How far an upload is."""

    id: UUID
    offset: int
    size: int
    expires_at: datetime
    is_new: bool = False


async def begin(attaching: Attaching, wish: Wish, size: int, caller: Caller) -> Upload | StoredAnswer:
    """Begin the upload of a content, or return the one that was begun, or the attachment where it is there already.

    What others have uploaded is not looked at. Raises Problem 413 where `size` is too large, 422 where it was begun
    with another one, 429 where too much waits.
    """
    if size > attaching.limits.file_bytes:
        raise Problem(413, "attachment-too-large", limit=attaching.limits.file_bytes)
    async with attaching.engine.begin() as connection:
        answer = await _known(connection, attaching, wish, caller)
        if answer is not None:
            return answer
        row, is_new = await uploads.begin(connection, uuid7(), caller, wish, size, clock.now())
        if row.size != size:
            raise invalid("/size", "upload-size-differs", size=row.size)
        if is_new:
            await attaching.check_room(connection, caller, besides=1)
    return await _progress(attaching, row, is_new=is_new)


async def progress(attaching: Attaching, upload_id: UUID, caller: Caller) -> Upload:
    """Say how far an upload is; Problem 404 unless it is the caller's and not finished."""
    return await _progress(attaching, await _mine(attaching, upload_id, caller))


async def go_on(
    attaching: Attaching, upload_id: UUID, offset: int, chunks: AsyncIterator[bytes], caller: Caller
) -> Upload | StoredAnswer:
    """Append what comes, and return how far it is now, or the attachment where that was the last of it.

    What has come stays, also where the client goes away in between. Raises Problem: 404, 409 where `offset` is not
    where the upload is or another request sends to it, 422 for more than its size or for content that is not what its
    hash says, and whatever `Attaching.attach` raises; an upload whose content cannot be taken is over.
    """
    row = await _mine(attaching, upload_id, caller)
    try:
        async with attaching.pieces.appending(row) as writer:
            if writer.size != offset:
                raise Problem(409, "upload-offset", headers={"Upload-Offset": str(writer.size)}, offset=writer.size)
            async for chunk in chunks:
                await writer.take(chunk)
            if writer.size == row.size:
                await writer.sync()
                return await _finish(attaching, row, caller)
    except Busy as error:
        raise Problem(409, "upload-busy", headers={"Retry-After": "1"}) from error
    except TooLong as error:
        raise Problem(422, "upload-beyond-its-size", size=row.size) from error
    return _upload(row, writer.size)


async def _finish(attaching: Attaching, row: Any, caller: Caller) -> StoredAnswer:
    wish = Wish(row.role, row.name, None, row.complaint_id, row.sha256)
    try:
        async with attaching.pieces.whole(row) as path:
            answer = await attaching.attach(path, wish, caller, upload=row.id)
    except Problem as problem:
        if problem.status in {413, 415, 422}:
            async with attaching.engine.begin() as connection:
                await uploads.end(connection, row.id, caller)
            await _forget(attaching, row.id)
        raise
    await _forget(attaching, row.id)
    return answer


async def _forget(attaching: Attaching, upload_id: UUID) -> None:
    """Delete the pieces of an upload that is over; where that cannot be done now, the janitor does it."""
    with suppress(StoreAway):
        await attaching.pieces.remove([upload_id])


async def _known(connection: AsyncConnection, attaching: Attaching, wish: Wish, caller: Caller) -> StoredAnswer | None:
    """Return the caller's own attachment with this content: one that nothing refers to, or another of the same files.

    Whoever gets it has as long for referring to it as after any upload.
    """
    sha256, now = wish.sha256 or b"", clock.now()
    if wish.complaint is None:
        waiting = await attachments.wait_again(connection, caller, sha256, wish.role, now)
        if waiting is not None:
            return await answer_for(connection, waiting, caller)
    row = await attachments.with_content(connection, caller, sha256)
    if row is None:
        return None
    if wish.complaint is None:
        await attaching.check_room(connection, caller)
    else:
        await make_room(connection, wish.complaint, caller, attaching.limits.per_complaint)
    values = {
        "role": wish.role,
        "name": wish.name,
        "complaint_id": wish.complaint,
        "created_at": now,
        "by_staff": caller.has(*STAFF),
    }
    new_id = uuid7()
    return (
        await answer_for(connection, new_id, caller)
        if await attachments.copy(connection, row.id, new_id, values)
        else None
    )


async def _mine(attaching: Attaching, upload_id: UUID, caller: Caller) -> Any:
    async with attaching.engine.connect() as connection:
        row = await uploads.one(connection, upload_id, caller)
    if row is None:
        raise Problem(404, "upload-not-found")
    return row


async def _progress(attaching: Attaching, row: Any, *, is_new: bool = False) -> Upload:
    return _upload(row, await attaching.pieces.arrived(row), is_new=is_new)


def _upload(row: Any, offset: int, *, is_new: bool = False) -> Upload:
    return Upload(row.id, offset, row.size, row.created_at + KEEP_UPLOADS, is_new)

"""Keeps a file that came as an attachment: first in the store, durably, then as rows, in one commit."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.roles import STAFF
from intake_service.domain.attachment import Limits, NewAttachment, StoredFile, Wish
from intake_service.persistence import attachments, uploads
from intake_service.persistence.blobs import Blobs, StoreAway
from intake_service.persistence.pieces import Pieces
from intake_service.persistence.staging import Staged, Staging, stage
from intake_service.service.attachment_views import shown
from intake_service.service.examining import Content, examined
from intake_service.service.images import Images
from intake_service.service.joining import make_room
from intake_service.service.removing import Removing
from intake_service.service.stores import blobs_of, folder_of, pieces_of
from operations.problems import invalid
from runtime import clock, idempotency
from runtime.auth import Caller
from runtime.idempotency import StoredAnswer, request_hash
from runtime.ids import uuid7
from runtime.outages import is_outage
from runtime.problems import Problem
from runtime.settings import RuntimeSettings

PATH = "/intake/v1/attachments"


@dataclass(frozen=True, slots=True)
class Attaching:
    """Takes files for one database and one store."""

    engine: AsyncEngine
    staging: Staging
    blobs: Blobs
    pieces: Pieces
    images: Images
    limits: Limits
    removing: Removing

    @classmethod
    def of(cls, settings: RuntimeSettings, engine: AsyncEngine) -> Self:
        """Return what `settings` ask for; nothing is made or asked before the first file comes."""
        limits = Limits(
            file_bytes=settings.attachment_max_bytes,
            image_bytes=settings.attachment_max_image_bytes,
            pixels=settings.attachment_max_pixels,
            per_complaint=settings.attachments_per_complaint,
            waiting=settings.attachments_waiting,
        )
        images = Images(settings.attachment_max_pixels, settings.attachment_decoders)
        blobs = blobs_of(settings)
        staging = Staging(folder_of(settings))
        pieces = pieces_of(blobs, engine, staging)
        return cls(engine, staging, blobs, pieces, images, limits, Removing(engine, blobs))

    async def check_room(self, connection: AsyncConnection, caller: Caller, *, besides: int = 0) -> None:
        """Raise Problem 429 where a citizen or partner has uploaded much that no complaint refers to.

        `besides`: what of it does not count.
        """
        if caller.has(*STAFF):
            return
        if await attachments.waiting(connection, caller) - besides >= self.limits.waiting:
            raise Problem(429, "too-many-waiting", headers={"Retry-After": "3600"}, limit=self.limits.waiting)

    async def attach(
        self, path: Path, wish: Wish, caller: Caller, *, key: str | None = None, upload: UUID | None = None
    ) -> StoredAnswer:
        """Keep the file at `path` and return the answer, which a repeat with the idempotency `key` gets again.

        Once it returns, files and rows are durable. `upload` ends in the same commit and gives the attachment its id.
        Raises Problem for what cannot be taken (see `examined`), 422 where the file has another hash than the `wish`
        says, and OSError where the store cannot be written. Nobody may write to the file at `path` meanwhile; what is
        left of it is the caller's.
        """
        staged = await asyncio.to_thread(stage, path)
        if wish.sha256 is not None and wish.sha256 != staged.sha256:
            raise invalid("/sha256", "checksum-mismatch")
        digest = _digest(staged, wish)
        if key is not None:
            async with self.engine.connect() as connection:
                if answer := await idempotency.replay(connection, caller, key, digest):
                    return replace(answer, headers={**answer.headers, "Idempotency-Replayed": "true"})
        async with examined(staged, wish, self.limits, self.images) as content:
            new = new_attachment(upload or uuid7(), staged, content, wish, caller)
            async with self.brought([content]), self.engine.begin() as connection:
                await self.keep(connection, new, content, caller, upload=upload)
                answer = await answer_for(connection, new.id, caller)
                if key is not None:
                    await idempotency.store(connection, caller, key, digest, answer)
                return answer

    @asynccontextmanager
    async def brought(self, contents: Sequence[Content]) -> AsyncIterator[None]:
        """Do of `keep` what takes long, before the transaction: no connection waits for an upload to the store.

        Where it comes to no commit, what no attachment has is removed from the store again.
        """
        try:
            for staged in _files(contents).values():
                await self.blobs.bring(staged)
            yield
        except StoreAway:
            self.removing.leave(_files(contents))
            raise
        except BaseException:
            await self.discard(contents)
            raise

    async def discard(self, contents: Sequence[Content]) -> None:
        """Remove from the store what no attachment has of it, at once or, where that cannot be done now, later."""
        try:
            await self.removing.remove([*_files(contents)])
        except Exception as error:
            if not is_outage(error):
                raise

    async def keep(
        self,
        connection: AsyncConnection,
        new: NewAttachment,
        content: Content,
        caller: Caller,
        *,
        upload: UUID | None = None,
    ) -> None:
        """Place what was made of a file in the store, and add its rows in the caller's transaction.

        An `upload` ends with that, whose id is the attachment's. Problem 404 where another request has ended it.
        """
        await attachments.hold(connection, [file.sha256 for file in new.files])
        if new.complaint is not None:
            await make_room(connection, new.complaint, caller, self.limits.per_complaint)
        if upload is not None and not await uploads.end(connection, upload, caller):
            raise Problem(404, "upload-not-found")
        for staged in _files([content]).values():
            await self.blobs.place(staged)
        await attachments.insert(connection, new)


async def answer_for(connection: AsyncConnection, attachment_id: UUID, caller: Caller) -> StoredAnswer:
    """Return the 201 that tells of an attachment of this transaction."""
    row = await attachments.one(connection, attachment_id, caller)
    body = orjson.dumps(shown(row, caller), option=orjson.OPT_UTC_Z).decode()
    return StoredAnswer(201, body, {"Location": f"{PATH}/{attachment_id}"})


def _files(contents: Sequence[Content]) -> dict[bytes, Staged]:
    """Return each content once: what is not encoded anew is served as it came, as a rule."""
    return {part.staged.sha256: part.staged for content in contents for part in content.parts}


def _digest(staged: Staged, wish: Wish) -> bytes:
    """Return what tells two uploads with one key apart: not the bytes of the request, whose boundary is chance."""
    told = [staged.sha256.hex(), wish.role, wish.name, str(wish.complaint)]
    return request_hash("POST", PATH, orjson.dumps(told))


def new_attachment(attachment_id: UUID, staged: Staged, content: Content, wish: Wish, caller: Caller) -> NewAttachment:
    """Return the attachment that a file becomes which turned out to be `content`."""
    return NewAttachment(
        id=attachment_id,
        tenant=caller.tenant,
        uploaded_by=caller.subject,
        by_staff=caller.has(*STAFF),
        role=wish.role,
        name=wish.name,
        kind=content.found.kind,
        media_type=content.media_type,
        sha256=staged.sha256,
        size=staged.size,
        width=content.width,
        height=content.height,
        evidence=content.evidence,
        complaint=wish.complaint,
        created_at=clock.now(),
        files=[
            StoredFile(part.variant, part.staged.sha256, part.staged.size, part.media_type) for part in content.parts
        ],
    )

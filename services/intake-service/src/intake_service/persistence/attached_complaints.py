"""Stores complaints that refer to attachments or were drafts: each in a transaction that takes these, or nothing."""

from collections.abc import Collection, Sequence
from typing import Protocol
from uuid import UUID

from asyncpg import UniqueViolationError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from intake_service.persistence import attachments, drafts
from intake_service.persistence.drafts import Submitting
from intake_service.persistence.new_complaints import STORE, Acceptance, parameters_of
from runtime.auth import Caller


class NotStored(Exception):
    """The complaint, or one of its attachments, cannot be taken; leaving the transaction undoes it."""


class WithoutPhoto(Exception):
    """None of its attachments is an image, and it needs one; leaving the transaction undoes it."""


class Enclosing(Protocol):
    """Files that come with a complaint."""

    @property
    def ids(self) -> Collection[UUID]:
        """Of the attachments that they become."""

    @property
    def have_image(self) -> bool:
        """Whether one of them is an image."""

    async def keep(self, connection: AsyncConnection) -> None:
        """Make attachments of them in the transaction."""


class AttachedComplaints:
    """Beside the group store: such a complaint shares its commit with nobody."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Not the engine of the hot path."""
        self._engine = engine

    async def have_image(self, ids: Sequence[UUID], caller: Caller, files: Enclosing | None) -> bool:
        """Return whether one of `files`, or of what the caller has uploaded, is an image."""
        if files is not None and files.have_image:
            return True
        async with self._engine.connect() as connection:
            return await attachments.have_image(connection, ids, caller)

    async def store(
        self, item: Acceptance, caller: Caller, draft: Submitting | None = None, files: Enclosing | None = None
    ) -> bool:
        """Store `item` with its `files` and end the `draft` that it was; False where its key or external_ref was
        known, `caller` may not use an attachment of it, or the draft is not as it was. Raises WithoutPhoto.

        A twin on another replica at the same moment makes the statement fail: it is tried again, and sees the twin.
        """
        for attempt in range(3):
            try:
                async with self._engine.begin() as connection:
                    await _store(connection, item, caller, draft, files)
            except NotStored:
                return False
            except UniqueViolationError:
                if attempt == 2:
                    raise
            else:
                return True
        raise AssertionError("unreachable")


async def _store(
    connection: AsyncConnection, item: Acceptance, caller: Caller, draft: Submitting | None, files: Enclosing | None
) -> None:
    complaint = item.complaint
    if draft and not await drafts.end(connection, caller, draft, complaint.id, complaint.received_at):
        raise NotStored
    if not await STORE.fetch(connection, parameters_of([item])):
        raise NotStored
    new = files.ids if files is not None else ()
    uploaded = [each for each in complaint.attachments if each not in new]
    if uploaded and not await attachments.claim(connection, complaint.id, uploaded, caller):
        raise NotStored
    has_photo = not complaint.needs_photo or (files is not None and files.have_image)
    if not has_photo and not await attachments.has_image(connection, complaint.id):
        raise WithoutPhoto
    if files is not None:  # last of all, so that nothing is placed in the store for a complaint that is not taken
        await files.keep(connection)
        await attachments.claim(connection, complaint.id, [*new], caller)

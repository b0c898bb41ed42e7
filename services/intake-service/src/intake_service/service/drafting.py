"""Reports that are not finished: kept for their owner alone, until they are submitted or their time is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from intake_service.persistence import attachments, drafts
from intake_service.persistence.drafts import Submitting
from intake_service.service.referring import check_listed
from operations.problems import all_invalid
from runtime import clock, etag
from runtime.auth import Caller
from runtime.ids import uuid7
from runtime.problems import FieldError, Problem

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Drafting:
    """Keeps drafts in one database."""

    engine: AsyncEngine
    keep_for: timedelta
    """Since the last change."""
    per_person: int
    most_attachments: int

    async def begin(self, connection: AsyncConnection, caller: Caller, body: dict[str, Any]) -> UUID:
        """Keep a new draft and return its id.

        Raises Problem: 409 where the caller has `per_person` drafts, 422 for attachments that they may not use.
        """
        now = clock.now()
        if await drafts.count(connection, caller, now) >= self.per_person:
            raise Problem(409, "too-many-drafts", limit=self.per_person)
        draft_id = uuid7()
        await drafts.insert(connection, caller, draft_id, body, now, now + self.keep_for)
        await self._keep(connection, caller, draft_id, body)
        return draft_id

    async def read(self, connection: AsyncConnection, caller: Caller, draft_id: UUID) -> Any:
        """Return a draft of the caller; Problem 404 where they have none of this id, 409 where it is a complaint."""
        return _present(await drafts.one(connection, caller, draft_id, clock.now()))

    async def change(self, caller: Caller, draft_id: UUID, changes: dict[str, Any], if_match: int | None) -> Any:
        """Replace the fields that `changes` name, take out those that are null there, and return the draft.

        Its time begins anew. Raises Problem: 404, 409 where it is a complaint, 412, 422 for attachments.
        """
        async with self.engine.begin() as connection:
            now = clock.now()
            row = await self._locked(connection, caller, draft_id, if_match)
            body = {name: value for name, value in {**row.body, **changes}.items() if value is not None}
            await drafts.update(connection, draft_id, row.version + 1, body, now, now + self.keep_for)
            await self._keep(connection, caller, draft_id, body)
            return await self.read(connection, caller, draft_id)

    async def discard(self, caller: Caller, draft_id: UUID, if_match: int | None) -> None:
        """Delete a draft of the caller. Raises Problem: 404, 409 where it is a complaint, 412."""
        async with self.engine.begin() as connection:
            await self._locked(connection, caller, draft_id, if_match)
            await drafts.delete(connection, draft_id)

    async def expire(self) -> None:
        """Delete drafts whose time is over, a batch in a transaction."""
        while True:
            async with self.engine.begin() as connection:
                ended = await drafts.expire(connection, clock.now())
            if not ended:
                return
            log.info("drafts_expired", drafts=ended)

    async def _locked(self, connection: AsyncConnection, caller: Caller, draft_id: UUID, if_match: int | None) -> Any:
        row = _present(await drafts.one(connection, caller, draft_id, clock.now(), lock=True))
        etag.check(if_match, row.version)
        return row

    async def _keep(self, connection: AsyncConnection, caller: Caller, draft_id: UUID, body: dict[str, Any]) -> None:
        ids = [UUID(each) for each in body.get("attachments", ())]
        check_listed(ids, self.most_attachments)
        if ids:
            held = await drafts.hold(connection, caller, draft_id, ids)
            if len(held) < len(ids):
                await _refuse(connection, caller, ids, held)
        await drafts.keep(connection, draft_id, ids)


async def _refuse(connection: AsyncConnection, caller: Caller, ids: Sequence[UUID], held: set[UUID]) -> NoReturn:
    mine = await attachments.mine(connection, ids, caller)
    errors = [
        FieldError(f"/attachments/{index}", "attachment-in-use" if one in mine else "unknown-attachment")
        for index, one in enumerate(ids)
        if one not in held
    ]
    raise all_invalid(errors)


def _present(row: Any | None) -> Any:
    if row is None:
        raise Problem(404, "draft-not-found")
    if row.complaint_id is not None:
        complaint = {"id": str(row.complaint_id), "number": row.number}
        raise Problem(409, "draft-submitted", extra={"complaint": complaint}, number=row.number)
    return row


async def check_unchanged(connection: AsyncConnection, caller: Caller, which: Submitting, now: datetime) -> None:
    """Raise Problem 404, 409 or 412 where a draft has ended, become a complaint or changed since it was read."""
    row = _present(await drafts.one(connection, caller, which.id, now))
    etag.check(which.version, row.version)

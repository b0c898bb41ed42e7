"""A defect of the way from a request into intake's database."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from chaos.defects.breaking import replace
from eventbus.driver import Statement
from intake_service.persistence import new_complaints

_COMMIT_SECONDS = 0.25


def commit_after_answer() -> None:
    """Let intake answer 201 before it commits; a crash in between loses what was acknowledged."""
    replace(new_complaints, "STORE", _CommitsLater(new_complaints.STORE))


class _CommitsLater:
    """Runs a statement in a transaction that is committed a little after its caller has gone on."""

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._commits: set[asyncio.Task[None]] = set()

    async def fetch(
        self,
        connection: AsyncConnection,
        parameters: Mapping[str, Any],
        *,
        transaction: bool,  # noqa: ARG002 - as of what it replaces
    ) -> Sequence[Any]:
        own = await connection.engine.connect()
        rows = await self._statement.fetch(own, parameters)
        commit = asyncio.create_task(self._commit(own))
        self._commits.add(commit)
        commit.add_done_callback(self._commits.discard)
        return rows

    async def _commit(self, connection: AsyncConnection) -> None:
        await asyncio.sleep(_COMMIT_SECONDS)
        await connection.commit()
        await connection.close()

"""Counting what is asked of the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from dispatch.world import World


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    """Yield the list of statements that are executed meanwhile by way of SQLAlchemy."""
    executed: list[str] = []

    def note(*call: Any) -> None:
        executed.append(call[2])

    sa.event.listen(world.engine.sync_engine, "before_cursor_execute", note)
    yield executed
    sa.event.remove(world.engine.sync_engine, "before_cursor_execute", note)

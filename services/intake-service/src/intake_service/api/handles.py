"""Handles of complaints for citizens who are not their reporters: made for one person, good for nobody else."""

from uuid import UUID

from fastapi import Request

from operations.problems import not_found
from runtime.auth import Caller
from runtime.paging import Cursor
from runtime.problems import Problem


def handle(request: Request, caller: Caller, complaint: UUID) -> str:
    """Return what `caller` may name the complaint by; it says nothing of whose it is."""
    return Cursor((str(complaint),)).encode(_key(request), tenant=caller.tenant, filters=_bound(caller))


def complaint_of(request: Request, caller: Caller, text: str) -> UUID:
    """Return the complaint that a handle stands for. `Problem` 404 where it was not made for this caller."""
    try:
        position = Cursor.decode(text, _key(request), tenant=caller.tenant, filters=_bound(caller)).position
    except Problem as error:
        raise not_found() from error
    return UUID(str(position[0]))


def _key(request: Request) -> bytes:
    key: bytes = request.app.state.settings.cursor_key()
    return key


def _bound(caller: Caller) -> dict[str, object]:
    return {"handle of": caller.subject}

"""Which attachments a new complaint may refer to."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from intake_service.persistence import attachments
from operations.problems import all_invalid
from runtime.auth import Caller
from runtime.problems import FieldError


def check_listed(ids: Sequence[UUID], limit: int) -> None:
    """Raise Problem 422 for more than `limit` attachments, and for one that is named twice."""
    if len(ids) > limit:
        raise all_invalid([FieldError("/attachments", "too-many-attachments", {"limit": limit})])
    twice = [index for index, one in enumerate(ids) if one in ids[:index]]
    if twice:
        raise all_invalid([FieldError(f"/attachments/{index}", "attachment-repeated") for index in twice])


async def check_usable(connection: AsyncConnection, ids: Sequence[UUID], caller: Caller) -> None:
    """Raise Problem 422 that names what `caller` has not uploaded, and what belongs to a complaint already."""
    if not ids:
        return
    mine = await attachments.mine(connection, ids, caller)
    errors = [
        FieldError(f"/attachments/{index}", "attachment-in-use" if one in mine else "unknown-attachment")
        for index, one in enumerate(ids)
        if mine.get(one, True)
    ]
    if errors:
        raise all_invalid(errors)

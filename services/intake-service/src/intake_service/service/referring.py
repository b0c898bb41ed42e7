"""What a new complaint may refer to: attachments, and the complaint of another system."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from intake_service.persistence import attachments
from intake_service.persistence.tables import complaint
from operations.problems import all_invalid
from runtime.auth import Caller
from runtime.problems import FieldError, Problem


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


async def check_reference(connection: AsyncConnection, tenant: str, source: str, external_ref: str) -> None:
    """Raise Problem 409 where the source has used the reference."""
    query = sa.select(complaint.c.id, complaint.c.number).where(
        complaint.c.tenant == tenant, complaint.c.source == source, complaint.c.external_ref == external_ref
    )
    known = (await connection.execute(query)).one_or_none()
    if known is not None:
        raise Problem(
            409,
            "external-ref-exists",
            extra={"complaint": {"id": str(known.id), "number": known.number}},
            external_ref=external_ref,
        )

"""Photos that somebody of the bureau has made public: whoever has the query code sees them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from intake_service.domain.attachment import Variant
from intake_service.persistence.attachment_tables import OF_BUREAU, attachment, attachment_file


async def publish(connection: AsyncConnection, tenant: str, attachment_id: UUID, *, public: bool) -> Any | None:
    """Show an image of a complaint to reporters, or no longer; None where the tenant has no such image."""
    change = (
        sa.update(attachment)
        .where(
            attachment.c.id == attachment_id,
            attachment.c.tenant == tenant,
            attachment.c.kind == "image",
            attachment.c.complaint_id.is_not(None),
        )
        .values(public=public)
        .returning(attachment)
    )
    return (await connection.execute(change)).one_or_none()


async def of_complaints(connection: AsyncConnection, complaint_ids: Sequence[UUID]) -> Sequence[Any]:
    """Return the public photos of complaints that the caller may see, in the order of their uploads."""
    columns = attachment.c
    query = sa.select(columns.id, columns.complaint_id, columns.role, columns.created_at, OF_BUREAU.label("of_bureau"))
    query = query.where(columns.complaint_id.in_(complaint_ids), columns.public).order_by(columns.id)
    return (await connection.execute(query)).all()


async def file_of(connection: AsyncConnection, row: Any, photo: UUID, variant: Variant) -> Any | None:
    """Return where and what a variant of a public photo is, as `attachments.file_of` does; None where it is none.

    It belongs to the complaint of `row`, or is the bureau's and belongs to what that was merged into.
    """
    of_master = sa.and_(attachment.c.complaint_id == row.merged_into, OF_BUREAU)
    query = (
        sa.select(attachment_file.c.sha256, attachment_file.c.size, attachment_file.c.media_type, attachment.c.kind)
        .join(attachment, attachment.c.id == attachment_file.c.attachment_id)
        .where(
            attachment.c.id == photo,
            attachment.c.tenant == row.tenant,
            (attachment.c.complaint_id == row.id) | of_master,
            attachment.c.public,
            attachment_file.c.variant == variant,
        )
    )
    return (await connection.execute(query)).one_or_none()

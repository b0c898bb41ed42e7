"""Rows of attachments, always within one tenant."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.roles import STAFF
from intake_service.domain.attachment import NewAttachment, Variant
from intake_service.persistence.attachment_tables import (
    OF_BUREAU,
    UNUSED,
    attachment,
    attachment_file,
    attachment_upload,
)
from intake_service.persistence.tables import complaint
from runtime.auth import Caller

_HOLD = sa.text("""
    SELECT pg_advisory_xact_lock_shared(hashtextextended(encode(sha256, 'hex'), 0))
    FROM unnest(CAST(:hashes AS bytea[])) AS held (sha256)
""")
_CLAIM = sa.text("""
    UPDATE attachment SET complaint_id = :complaint, draft_id = NULL, of_reporter = true
    WHERE id = ANY(CAST(:ids AS uuid[])) AND tenant = :tenant AND uploaded_by = :subject AND complaint_id IS NULL
""")
_WAIT_AGAIN = sa.text(f"""
    UPDATE attachment SET created_at = :now WHERE id = (
        SELECT id FROM attachment
        WHERE tenant = :tenant AND uploaded_by = :subject AND sha256 = :sha256 AND role = :role AND {UNUSED}
        ORDER BY id DESC LIMIT 1 FOR UPDATE)
    RETURNING id
""")
_NEW = {"public": False, "draft_id": None, "kept_for": None, "of_reporter": False}


async def hold(connection: AsyncConnection, hashes: Sequence[bytes]) -> None:
    """Keep the store's files with these hashes from being removed until the transaction ends."""
    await connection.execute(_HOLD, {"hashes": list(hashes)})


async def insert(connection: AsyncConnection, new: NewAttachment) -> None:
    """Add an attachment; its files must be held and placed."""
    columns = {name: getattr(new, name) for name in _OWN}
    await connection.execute(sa.insert(attachment).values(**columns, complaint_id=new.complaint))
    files = [
        {
            "attachment_id": new.id,
            "variant": file.variant,
            "sha256": file.sha256,
            "size": file.size,
            "media_type": file.media_type,
        }
        for file in new.files
    ]
    await connection.execute(sa.insert(attachment_file), files)


async def copy(connection: AsyncConnection, known: UUID, new_id: UUID, values: Mapping[str, object]) -> bool:
    """Add an attachment with the files of a `known` one, and `values` of its own; False where that has gone."""
    kept = sa.select(attachment).where(attachment.c.id == known).with_for_update(read=True)
    row = (await connection.execute(kept)).one_or_none()
    if row is None:
        return False
    await connection.execute(sa.insert(attachment).values({**row._mapping, **_NEW, **values, "id": new_id}))
    theirs = sa.select(
        sa.literal(new_id), *(attachment_file.c[name] for name in ("variant", "sha256", "size", "media_type"))
    ).where(attachment_file.c.attachment_id == known)
    names = ["attachment_id", "variant", "sha256", "size", "media_type"]
    await connection.execute(sa.insert(attachment_file).from_select(names, theirs))
    return True


async def one(connection: AsyncConnection, attachment_id: UUID, caller: Caller) -> Any | None:
    """Return the attachment if it exists and `caller` may see it, else None."""
    query = _READ.where(attachment.c.id == attachment_id, *_visible(caller))
    return (await connection.execute(query)).one_or_none()


async def file_of(connection: AsyncConnection, attachment_id: UUID, variant: Variant, caller: Caller) -> Any | None:
    """Return where and what a variant is (`sha256`, `size`, `media_type`, `kind`), if `caller` may see it."""
    query = (
        sa.select(attachment_file.c.sha256, attachment_file.c.size, attachment_file.c.media_type, attachment.c.kind)
        .select_from(_JOINED.join(attachment_file, attachment_file.c.attachment_id == attachment.c.id))
        .where(attachment.c.id == attachment_id, attachment_file.c.variant == variant, *_visible(caller, file=True))
    )
    return (await connection.execute(query)).one_or_none()


async def of_complaints(connection: AsyncConnection, complaint_ids: Sequence[UUID]) -> Sequence[Any]:
    """Return the attachments of complaints that the caller may see, in the order of their uploads."""
    query = _READ.where(attachment.c.complaint_id.in_(complaint_ids)).order_by(attachment.c.id)
    return (await connection.execute(query)).all()


async def with_content(connection: AsyncConnection, caller: Caller, sha256: bytes) -> Any | None:
    """Return what `caller` uploaded with this content, preferably what waits for a complaint, else None."""
    query = (
        sa.select(attachment)
        .where(
            attachment.c.tenant == caller.tenant,
            attachment.c.uploaded_by == caller.subject,
            attachment.c.sha256 == sha256,
        )
        .order_by(attachment.c.complaint_id.is_not(None), attachment.c.id.desc())
        .limit(1)
    )
    return (await connection.execute(query)).one_or_none()


async def wait_again(
    connection: AsyncConnection, caller: Caller, sha256: bytes, role: str, now: datetime
) -> UUID | None:
    """Let what `caller` uploaded with this content, for this role, wait as if it had come `now`, and return its id.

    None where there is none that nothing refers to: a draft keeps its own.
    """
    values = {"tenant": caller.tenant, "subject": caller.subject, "sha256": sha256, "role": role, "now": now}
    return (await connection.execute(_WAIT_AGAIN, values)).scalar_one_or_none()


async def waiting(connection: AsyncConnection, caller: Caller) -> int:
    """Count what `caller` uploaded or began to upload and no complaint refers to."""
    counts = [
        sa.select(sa.func.count())
        .where(table.c.tenant == caller.tenant, table.c.uploaded_by == caller.subject, *conditions)
        .scalar_subquery()
        for table, conditions in ((attachment, [attachment.c.complaint_id.is_(None)]), (attachment_upload, []))
    ]
    return int((await connection.execute(sa.select(counts[0] + counts[1]))).scalar_one())


async def claim(connection: AsyncConnection, complaint_id: UUID, ids: Sequence[UUID], caller: Caller) -> bool:
    """Give what `caller` uploaded to a complaint whose reporter refers to it in what they say.

    False where any of it is not theirs or has a complaint already.
    """
    values = {"complaint": complaint_id, "ids": list(ids), "tenant": caller.tenant, "subject": caller.subject}
    return (await connection.execute(_CLAIM, values)).rowcount == len(ids)


async def has_image(connection: AsyncConnection, complaint_id: UUID) -> bool:
    """Return whether one of the attachments of a complaint is an image."""
    of_it = sa.and_(attachment.c.complaint_id == complaint_id, attachment.c.kind == "image")
    return bool((await connection.execute(sa.select(sa.exists().where(of_it)))).scalar_one())


async def have_image(connection: AsyncConnection, ids: Sequence[UUID], caller: Caller) -> bool:
    """Return whether one of `ids` is an image that `caller` has uploaded."""
    one = sa.and_(
        attachment.c.id.in_(ids),
        attachment.c.tenant == caller.tenant,
        attachment.c.uploaded_by == caller.subject,
        attachment.c.kind == "image",
    )
    return bool((await connection.execute(sa.select(sa.exists().where(one)))).scalar_one())


async def mine(connection: AsyncConnection, ids: Sequence[UUID], caller: Caller) -> dict[UUID, bool]:
    """Return those of `ids` that `caller` uploaded, and whether each has a complaint already."""
    query = sa.select(attachment.c.id, attachment.c.complaint_id).where(
        attachment.c.id.in_(ids), attachment.c.tenant == caller.tenant, attachment.c.uploaded_by == caller.subject
    )
    return {row.id: row.complaint_id is not None for row in await connection.execute(query)}


_LATER = {"complaint_id", "draft_id", "kept_for", "public", "of_reporter"}
_OWN = tuple(column.name for column in attachment.c if column.name not in _LATER)
_JOINED = attachment.outerjoin(complaint, complaint.c.id == attachment.c.complaint_id)
_READ = sa.select(attachment).select_from(_JOINED)


_member = complaint.alias("member")


def _visible(caller: Caller, *, file: bool = False) -> list[sa.ColumnElement[bool]]:
    """Staff see their tenant's; all others what they uploaded, and what belongs to their complaints.

    The `file` of what the bureau has made public is also for those whose complaint was merged into its complaint.
    Of a draft nobody sees anything but who began it.
    """
    conditions: list[sa.ColumnElement[bool]] = [attachment.c.tenant == caller.tenant]
    me = caller.subject
    conditions.append(attachment.c.draft_id.is_(None) | (attachment.c.uploaded_by == me))
    if not caller.has(*STAFF):
        theirs = (attachment.c.uploaded_by == me) | (complaint.c.created_by == me) | (complaint.c.owner == me)
        conditions.append(theirs | _of_master(me) if file else theirs)
    return conditions


def _of_master(subject: str) -> sa.ColumnElement[bool]:
    members = sa.select(_member.c.id).where(
        _member.c.merged_into == attachment.c.complaint_id,
        _member.c.tenant == attachment.c.tenant,
        (_member.c.created_by == subject) | (_member.c.owner == subject),
    )
    return sa.and_(attachment.c.public, OF_BUREAU, members.exists())

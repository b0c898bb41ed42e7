"""Takes personal data out of complaints and of what belongs to them: rows here, the store's files by the caller."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.lifecycle import ENDED
from eventbus.parking import forget_settled
from intake_service.persistence import export_contents
from intake_service.persistence.texts import forget_words
from runtime import idempotency

GONE = "erased"
"""Stands for a subject that is needed and not known any more."""
# A release that waits for its answer needs an actor; a reference that stays keeps its sender from bringing all back.
_COMPLAINTS = sa.text(f"""
    UPDATE complaint SET
        version = version + 1, sequence = greatest(sequence, :sequence), updated_at = :at, erased_at = :at,
        query_code = '', device = NULL, owner = NULL,
        created_by = CASE WHEN owner IS NULL THEN created_by ELSE '{GONE}' END,
        release_actor = CASE WHEN release_actor IS NULL THEN NULL ELSE '{GONE}' END, release_reason = NULL,
        description = CASE WHEN :texts THEN '' ELSE description END,
        address = CASE WHEN :texts THEN NULL ELSE address END,
        reclassifications = CASE WHEN :texts THEN '[]' ELSE reclassifications END,
        release_data = CASE WHEN :texts AND release_state <> 'requested' THEN NULL ELSE release_data END,
        lon = CASE WHEN :texts THEN NULL ELSE lon END,
        lat = CASE WHEN :texts THEN NULL ELSE lat END,
        given_lon = CASE WHEN :texts THEN NULL ELSE given_lon END,
        given_lat = CASE WHEN :texts THEN NULL ELSE given_lat END,
        given_crs = CASE WHEN :texts THEN NULL ELSE given_crs END,
        attributes = CASE WHEN :texts THEN NULL ELSE attributes END,
        origin = CASE WHEN :texts THEN NULL ELSE origin END,
        progress = CASE WHEN :texts THEN (
            SELECT coalesce(jsonb_agg(step - 'result' - 'reason' - 'advice' ORDER BY place), '[]')
            FROM jsonb_array_elements(progress) WITH ORDINALITY AS told (step, place)) ELSE progress END
    WHERE tenant = :tenant AND id = :id
""")
_REPORTER = sa.text("DELETE FROM reporter WHERE tenant = :tenant AND complaint_id = :id")
_ATTACHMENTS = sa.text("""
    WITH erased AS (DELETE FROM attachment WHERE tenant = :tenant AND complaint_id = :id RETURNING id)
    DELETE FROM attachment_file WHERE attachment_id IN (SELECT id FROM erased) RETURNING sha256
""")
_WHOSE_ATTACHMENTS = sa.text(f"""
    UPDATE attachment SET uploaded_by = '{GONE}', name = NULL, evidence = NULL
    WHERE tenant = :tenant AND complaint_id = :id AND NOT by_staff
""")
_SUPPLEMENTS = sa.text(f"""
    UPDATE supplement SET
        actor = '{GONE}',
        text = CASE WHEN :texts THEN '' ELSE text END,
        lon = CASE WHEN :texts THEN NULL ELSE lon END,
        lat = CASE WHEN :texts THEN NULL ELSE lat END,
        address = CASE WHEN :texts THEN NULL ELSE address END,
        attachments = CASE WHEN :texts THEN '{{}}' ELSE attachments END
    WHERE tenant = :tenant AND complaint_id = :id
""")
_QUESTIONS = sa.text(f"""
    UPDATE question SET
        actor = CASE WHEN actor IS NULL THEN NULL ELSE '{GONE}' END,
        text = CASE WHEN :texts THEN '' ELSE text END,
        answer = CASE WHEN :texts THEN NULL ELSE answer END,
        attachments = CASE WHEN :texts THEN '{{}}' ELSE attachments END
    WHERE tenant = :tenant AND complaint_id = :id
""")
_TRIAGE = sa.text("""
    UPDATE triage_item SET steps = (
        SELECT coalesce(jsonb_agg(step - 'note' ORDER BY place), '[]')
        FROM jsonb_array_elements(steps) WITH ORDINALITY AS told (step, place))
    WHERE tenant = :tenant AND complaint_id = :id
""")
_LIKENESS = sa.text("DELETE FROM complaint_likeness WHERE tenant = :tenant AND complaint_id = :id")
_DRAFT = sa.text("DELETE FROM draft WHERE tenant = :tenant AND complaint_id = :id")
_AWAITED = sa.text("DELETE FROM awaited_photo WHERE tenant = :tenant AND subject = :id AND of_complaint")
_UPLOADS = sa.text("DELETE FROM attachment_upload WHERE tenant = :tenant AND complaint_id = :id")
_DUE = """(
    status = ANY(CAST(:ended AS text[])) AND updated_at < :before AND (erased_at IS NULL OR updated_at > erased_at))"""
_OLD = sa.text(f"""
    SELECT id, tenant, {_DUE} AS is_due
    FROM complaint WHERE id > :after AND id < :end ORDER BY id LIMIT :size
""")
_LOCK = sa.text(f"""
    SELECT id, tenant, sequence FROM complaint
    WHERE id = ANY(CAST(:ids AS uuid[])) AND {_DUE}
    ORDER BY id FOR UPDATE SKIP LOCKED
""")


class Erasure(NamedTuple):
    """What is erased of one locked complaint; `sequence` is that of the event which tells of it."""

    tenant: str
    complaint: UUID
    sequence: int
    at: datetime
    texts: bool
    """Also what was written, the place, and all attachments."""


async def erase(connection: AsyncConnection, erasure: Erasure) -> Sequence[bytes]:
    """Erase in the caller's transaction; return the hashes of files that may be needed by nobody now."""
    row = {"tenant": erasure.tenant, "id": erasure.complaint}
    said = {"sequence": erasure.sequence, "at": erasure.at, "texts": erasure.texts}
    await connection.execute(_COMPLAINTS, row | said)
    await connection.execute(_REPORTER, row)
    await forget_words(connection, erasure.complaint)
    await connection.execute(_SUPPLEMENTS, row | {"texts": erasure.texts})
    await connection.execute(_QUESTIONS, row | {"texts": erasure.texts})
    await connection.execute(_DRAFT, row)
    await forget_settled(connection, [erasure.complaint])
    await connection.execute(_TRIAGE, row)  # what staff have noted is about whoever reported
    await export_contents.withdraw(connection, erasure.tenant, erasure.complaint, erasure.at, texts=erasure.texts)
    if not erasure.texts:
        await connection.execute(_WHOSE_ATTACHMENTS, row)
        return []
    await connection.execute(_LIKENESS, row)  # its pairs of letters are the text, nearly
    await connection.execute(_AWAITED, row)
    await connection.execute(_UPLOADS, row)  # their files go when the janitor finds no row of them
    return list(dict.fromkeys((await connection.execute(_ATTACHMENTS, row)).scalars()))


async def erase_answers(connection: AsyncConnection, erasure: Erasure) -> None:
    """Drop the stored answers that name the complaint; they are two days old at most."""
    await idempotency.erase(connection, [erasure.tenant], [erasure.complaint])


async def old(connection: AsyncConnection, *, after: UUID, end: UUID, before: datetime, size: int) -> Sequence[Any]:
    """Return up to `size` complaints by id, above `after` and below `end`, and whether their time is over (`is_due`).

    It is for those that ended and were not touched since `before`; of those that were erased already, while the work
    went on, for those that something has come to since.
    """
    parameters = {"after": after, "end": end, "before": before, "size": size, "ended": list(ENDED)}
    return (await connection.execute(_OLD, parameters)).all()


async def lock_due(connection: AsyncConnection, ids: Collection[UUID], before: datetime) -> Sequence[Any]:
    """Lock those of `ids` that are still due, and that nobody else is at; return their tenants and sequences."""
    parameters = {"ids": list(ids), "before": before, "ended": list(ENDED)}
    return (await connection.execute(_LOCK, parameters)).all()

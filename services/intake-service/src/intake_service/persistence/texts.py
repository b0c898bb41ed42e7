"""The words of complaints, kept apart from them so that an index of words costs nobody who reports a moment."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

# Whoever erases a complaint waits for the row that is taken here, and so finds the words that come of it.
_TAKE = sa.text("""
    DELETE FROM complaint_unread WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM complaint_unread LIMIT :size FOR UPDATE SKIP LOCKED))
    RETURNING complaint_id
""")
_READ = sa.text("""
    SELECT c.id, c.tenant, c.description, c.address, c.number, c.external_ref, c.category, r.phone, ARRAY(
        SELECT said FROM supplement AS s, unnest(ARRAY[s.text, s.address]) WITH ORDINALITY AS t (said, place)
        WHERE s.complaint_id = c.id AND said IS NOT NULL ORDER BY s.id, place) AS supplements
    FROM complaint AS c LEFT JOIN reporter AS r ON r.complaint_id = c.id
    WHERE c.id = ANY(CAST(:ids AS uuid[])) ORDER BY c.id
""")
_KEEP = sa.text("""
    INSERT INTO complaint_text (complaint_id, tenant, words)
    SELECT id, tenant, CAST(words AS tsvector)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:tenants AS text[]), CAST(:words AS text[])) AS t (id, tenant, words)
    ON CONFLICT (complaint_id) DO UPDATE SET words = excluded.words
""")
_NOTE_MISSED = sa.text("""
    INSERT INTO complaint_unread (complaint_id)
    SELECT id FROM complaint AS c
    WHERE id >= :since AND NOT EXISTS (SELECT FROM complaint_text AS t WHERE t.complaint_id = c.id)
        AND NOT EXISTS (SELECT FROM complaint_unread AS u WHERE u.complaint_id = c.id)
""")
_NOTE_WITHOUT_SUPPLEMENTS = sa.text("""
    WITH batch AS (SELECT DISTINCT complaint_id FROM supplement WHERE complaint_id > :after ORDER BY 1 LIMIT :size),
    noted AS (
        INSERT INTO complaint_unread (complaint_id)
        SELECT complaint_id FROM batch JOIN complaint_text AS t USING (complaint_id)
        WHERE NOT t.words @@ CAST(:mark AS tsquery)
            AND NOT EXISTS (SELECT FROM complaint_unread AS u WHERE u.complaint_id = batch.complaint_id))
    SELECT complaint_id FROM batch ORDER BY complaint_id DESC LIMIT 1
""")
_FORGET = (
    sa.text("DELETE FROM complaint_unread WHERE complaint_id = :id"),
    sa.text("DELETE FROM complaint_text WHERE complaint_id = :id"),
    sa.text("INSERT INTO complaint_unread (complaint_id) VALUES (:id)"),
)


async def take_unread(connection: AsyncConnection, size: int) -> Sequence[Any]:
    """Return up to `size` complaints whose words are to be kept; in the transaction that keeps them, they are taken."""
    ids = (await connection.execute(_TAKE, {"size": size})).scalars().all()
    if not ids:
        return []
    return (await connection.execute(_READ, {"ids": list(dict.fromkeys(ids))})).all()


async def keep_words(connection: AsyncConnection, words: Mapping[UUID, tuple[str, str]]) -> None:
    """Keep the words of complaints, with the tenant of each, as `domain.search` writes a vector."""
    columns = {
        "ids": list(words),
        "tenants": [tenant for tenant, _ in words.values()],
        "words": [vector for _, vector in words.values()],
    }
    await connection.execute(_KEEP, columns)


async def note_missed(connection: AsyncConnection, since: UUID) -> None:
    """Note complaints, from that id on, that nobody has noted: replicas of a version before this one did not."""
    await connection.execute(_NOTE_MISSED, {"since": since})


async def note_without_supplements(connection: AsyncConnection, after: UUID, size: int, mark: str) -> UUID | None:
    """Note, of the next `size` complaints that have supplements, those whose words do not bear the mark.

    Returns the last one that was looked at; None where there was none.
    """
    parameters = {"after": after, "size": size, "mark": mark}
    return (await connection.execute(_NOTE_WITHOUT_SUPPLEMENTS, parameters)).scalar_one_or_none()


async def forget_words(connection: AsyncConnection, complaint: UUID) -> None:
    """Drop the words of a complaint in the transaction that erases it; what is left of it is read again."""
    for statement in _FORGET:
        await connection.execute(statement, {"id": complaint})

"""Finds the files of exports that may have in them what is erased of a complaint or an activity."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from ledger_service.domain.erasing import COLUMNS_OF_REPORTER, COLUMNS_OF_TEXTS, ERASED_BY
from ledger_service.domain.ledger_columns import Subject
from ledger_service.domain.ledger_orders import Order
from ledger_service.persistence.erasing import WITH_TEXTS, values_of
from ledger_service.persistence.ledger_lines import Selection, every
from ledger_service.persistence.rare_index import IS_RARE
from operations.exporting.erasures import ERASED, let_none_end, let_none_erase

# Which lines were in a file nobody knows any more, but when a complaint was received never changes; the day of the
# county is the one in UTC, or next to it.
_WITHDRAW = sa.text("""
    UPDATE export SET expires_at = CAST(:at AS timestamptz), failure = :failure
    WHERE state = 'done' AND expires_at > :at AND tenant = ANY(CAST(:tenants AS text[]))
      AND request->'definition'->>'subject' = :subject
      AND EXISTS (
        SELECT FROM unnest(CAST(:tenants AS text[]), CAST(:complaints AS uuid[]), CAST(:texts AS boolean[]))
                    AS erased (tenant, complaint_id, texts)
        JOIN ledger_complaint AS complaint USING (tenant, complaint_id)
        WHERE erased.tenant = export.tenant
          AND request->'columns' ?| CASE WHEN erased.texts THEN CAST(:of_texts AS text[])
                                         ELSE CAST(:of_reporter AS text[]) END
          AND (request->'definition'->>'period' <> 'received_at'
               OR CAST(received_at AT TIME ZONE 'UTC' AS date)
                  BETWEEN coalesce(CAST(request->>'first' AS date) - 1, '-infinity')
                      AND coalesce(CAST(request->>'last' AS date) + 1, 'infinity')))
""")
# Of activities the time may have been corrected, so a file of any period may have what is erased.
_WITHDRAW_ACTIVITIES = sa.text("""
    UPDATE export SET expires_at = CAST(:at AS timestamptz), failure = :failure
    WHERE state = 'done' AND expires_at > :at AND tenant = :tenant AND request->'definition'->>'subject' = :subject
      AND request->'columns' ?| CAST(:of_texts AS text[])
""")
_SETTLED = sa.text("SELECT coalesce((SELECT settled FROM chain WHERE tenant = :tenant), 0)")
_ERASURES = sa.text(f"""
    SELECT position, coalesce(complaint_id, subject) FROM entry
    WHERE tenant = :tenant AND type = :type AND {IS_RARE} AND position > :settled
      AND (CAST(:any AS boolean) OR data ~ :with_texts)
""")


async def withdraw(connection: AsyncConnection, erasures: Sequence[Event], at: datetime) -> None:
    """Let the files that may have one of the erased complaints be over, in the transaction that erases them."""
    for tenant in sorted({event.tenant for event in erasures}):
        await let_none_end(connection, tenant)
    facts = {"at": at, "failure": ERASED, "subject": Subject.COMPLAINTS}
    columns = {"of_reporter": list(COLUMNS_OF_REPORTER), "of_texts": list(COLUMNS_OF_TEXTS[Subject.COMPLAINTS])}
    await connection.execute(_WITHDRAW, facts | columns | values_of(erasures))


async def withdraw_activities(connection: AsyncConnection, tenant: str, at: datetime) -> None:
    """Let the files that may have an activity of `tenant` in words be over, in the transaction that erases it."""
    await let_none_end(connection, tenant)
    columns = list(COLUMNS_OF_TEXTS[Subject.ACTIVITIES])
    facts = {"at": at, "failure": ERASED, "subject": Subject.ACTIVITIES, "tenant": tenant, "of_texts": columns}
    await connection.execute(_WITHDRAW_ACTIVITIES, facts)


async def has_erased(connection: AsyncConnection, snapshot: AsyncConnection, order: Order, wanted: Selection) -> bool:
    """Say whether something in the file of `wanted`, as `snapshot` had it, is erased by now.

    Nothing more is until the transaction of `connection` ends.
    """
    subject, columns = wanted.definition.subject, set(order.columns)
    if columns.isdisjoint(COLUMNS_OF_TEXTS[subject]):
        return False
    await let_none_erase(connection, wanted.tenant)
    meant = {
        "tenant": wanted.tenant,
        "settled": await snapshot.scalar(_SETTLED, {"tenant": wanted.tenant}),  # entries up to there are all seen
        "type": ERASED_BY[subject],
        "any": subject is not Subject.COMPLAINTS or not columns.isdisjoint(COLUMNS_OF_REPORTER),
        "with_texts": WITH_TEXTS,
    }
    seen = (await snapshot.execute(_ERASURES, meant)).all()
    present = (await connection.execute(_ERASURES, meant)).all()
    if not (ids := [about for _, about in set(present) - set(seen)]):
        return False
    return await snapshot.scalar(every(wanted, among=ids).limit(1)) is not None

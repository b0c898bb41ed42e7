"""Takes everything that was written about a case out of it, and where it was; what was done, when and by whom stays."""

from collections.abc import Sequence
from typing import cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import ComplaintErased
from eventbus.parking import forget_settled
from runtime import idempotency

_CASES = sa.text("""
    UPDATE dispatch_case AS c SET
        erased_at = e.at,
        description = CASE WHEN e.texts THEN '' ELSE description END,
        lon = CASE WHEN e.texts THEN NULL ELSE lon END,
        lat = CASE WHEN e.texts THEN NULL ELSE lat END,
        address = CASE WHEN e.texts THEN NULL ELSE address END,
        component = CASE WHEN e.texts THEN NULL ELSE component END,
        attributes = CASE WHEN e.texts THEN NULL ELSE attributes END,
        result = CASE WHEN e.texts AND result IS NOT NULL THEN '' ELSE result END,
        photos = CASE WHEN e.texts THEN '[]' ELSE photos END,
        unknown_photos = CASE WHEN e.texts THEN '{}' ELSE unknown_photos END
    FROM (SELECT tenant, complaint_id, max(at) AS at, bool_or(texts) AS texts
          FROM unnest(CAST(:tenants AS text[]), CAST(:ids AS uuid[]), CAST(:times AS timestamptz[]),
                      CAST(:texts AS bool[])) AS said (tenant, complaint_id, at, texts)
          GROUP BY tenant, complaint_id) AS e
    WHERE c.tenant = e.tenant AND c.complaint_id = e.complaint_id
""")
_OTHERS = {
    "case_note": "text = ''",
    "case_request": "reason = '', note = NULL",
    "supervision_order": "text = '', reply = CASE WHEN reply IS NULL THEN NULL ELSE '' END,"
    " withdrawal_reason = CASE WHEN withdrawal_reason IS NULL THEN NULL ELSE '' END",
    "case_contribution": "text = '', photos = '[]'",
    "case_conference": "record = '', participants = '[]'",
    "case_rectification": "notice = '', note = NULL, photos = '[]', inspection_photos = '[]'",
    "case_transfer": "reason = '', recall_reason = NULL, photos = '[]',"
    " result = CASE WHEN result IS NULL THEN NULL ELSE '' END,"
    " external_ref = CASE WHEN state = 'open' THEN external_ref ELSE '' END",
    "case_supplement": "actor = 'erased', text = '', location = NULL, attachments = '[]'",
    "case_question": "actor = CASE WHEN actor IS NULL THEN NULL ELSE 'erased' END, text = '', attachments = '[]',"
    " answer = CASE WHEN answer IS NULL THEN NULL ELSE '' END",
    "offline_action": "answer = answer - 'case'",
}
"""What is written in the tables beside the case; the number that another system gave is needed until it answers."""
_TEXTS = sa.text(
    "WITH {} SELECT".format(
        ", ".join(
            f"of_{table} AS (UPDATE {table} SET {change} WHERE tenant = ANY(CAST(:tenants AS text[]))"
            " AND complaint_id = ANY(CAST(:ids AS uuid[])))"
            for table, change in _OTHERS.items()
        )
    )
)


async def erase(connection: AsyncConnection, erasures: Sequence[Event]) -> None:
    """Erase what these events are about; the cases are locked. Where texts stay, dispatch has nothing of a person."""
    said = [cast(ComplaintErased, event.data) for event in erasures]
    tenants, ids = [event.tenant for event in erasures], [event.subject for event in erasures]
    cases = {"tenants": tenants, "ids": ids, "times": [event.time for event in erasures]}
    await connection.execute(_CASES, {**cases, "texts": [each.texts for each in said]})
    worded = [event for event, each in zip(erasures, said, strict=True) if each.texts]
    if worded:
        named = {"tenants": [event.tenant for event in worded], "ids": [event.subject for event in worded]}
        await connection.execute(_TEXTS, named)
    await idempotency.erase(connection, set(tenants), ids)
    await forget_settled(connection, ids)

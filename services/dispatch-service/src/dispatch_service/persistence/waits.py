"""What reporters have added and were asked, and since when clocks wait for their answers; all of locked cases."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import ComplaintSupplemented, QuestionAnswered, QuestionAsked
from dispatch_service.domain.case import Case
from dispatch_service.persistence.case_clocks import CLOCK_COLUMNS, CaseClock, clock_of
from dispatch_service.persistence.tables import case_question, case_supplement

_CLOCKS = sa.text(f"""
    SELECT complaint_id, {CLOCK_COLUMNS} FROM dispatch_case
    JOIN unnest(CAST(:tenants AS text[]), CAST(:ids AS uuid[])) AS wanted (tenant, complaint_id)
         USING (tenant, complaint_id)
""")
_BEGIN = sa.text("""
    UPDATE dispatch_case AS c SET waiting_since = f.since, waits = c.waits + f.waits
    FROM unnest(CAST(:tenants AS text[]), CAST(:ids AS uuid[]), CAST(:since AS timestamptz[]), CAST(:waits AS int[]))
        AS f (tenant, complaint_id, since, waits)
    WHERE c.tenant = f.tenant AND c.complaint_id = f.complaint_id
""")


class Wait(NamedTuple):
    """Where a case stands with its reporter after a slice."""

    case: Case
    begun: int
    """How many waits have begun in the slice."""


async def add_supplements(connection: AsyncConnection, events: Sequence[Event]) -> None:
    """Keep what was added, each once."""
    rows = [
        {
            "id": said.supplement,
            "tenant": event.tenant,
            "complaint_id": event.subject,
            "text": said.text,
            "attachments": [str(each) for each in said.attachments or ()],
            "by": said.by,
            "actor": said.actor,
            "location": None if said.location is None else said.location.model_dump(mode="json"),
            "at": event.time,
        }
        for event in events
        if isinstance(said := event.data, ComplaintSupplemented)
    ]
    if rows:
        await connection.execute(insert(case_supplement).on_conflict_do_nothing(), rows)


async def add_question(connection: AsyncConnection, event: Event, round_: int, waited_from: datetime | None) -> None:
    """Keep a question, once; `waited_from` is None where the clock does not wait for it."""
    assert isinstance(event.data, QuestionAsked)  # noqa: S101 - whoever calls has looked at the type
    said = event.data
    row = {
        "id": said.question,
        "tenant": event.tenant,
        "complaint_id": event.subject,
        "text": said.text,
        "round": round_,
        "asked_by": said.actor,
        "asked_at": event.time,
        "lapses_at": said.lapses_at,
        "waited_from": waited_from,
    }
    await connection.execute(insert(case_question).values(**row).on_conflict_do_nothing())


async def end_question(
    connection: AsyncConnection, event: Event, question: UUID, waited_until: datetime | None
) -> None:
    """Note how a question has ended, and until when the clock waited for it, where it did."""
    facts: dict[str, object] = {"outcome": "lapsed", "ended_at": event.time}
    if isinstance(said := event.data, QuestionAnswered):
        attachments = [str(each) for each in said.attachments or ()]
        facts |= {"outcome": "answered", "answer": said.text, "actor": said.actor, "attachments": attachments}
    if waited_until is not None:
        facts["waited_until"] = waited_until
    of_it = (case_question.c.id == question, case_question.c.tenant == event.tenant)
    await connection.execute(sa.update(case_question).where(*of_it).values(**facts))


async def end(connection: AsyncConnection, case: Case, now: datetime) -> None:
    """Note that the clock of a locked case waits no longer for the answer that it has waited for."""
    columns = case_question.c
    waited_for = (columns.complaint_id == case.complaint_id, columns.tenant == case.tenant)
    change = sa.update(case_question).where(
        *waited_for, columns.waited_from.is_not(None), columns.waited_until.is_(None)
    )
    await connection.execute(change.values(waited_until=now))


async def note(connection: AsyncConnection, waits: Sequence[Wait]) -> None:
    """Write since when cases wait now, in one statement."""
    values = {
        "tenants": [each.case.tenant for each in waits],
        "ids": [each.case.complaint_id for each in waits],
        "since": [each.case.waiting_since for each in waits],
        "waits": [each.begun for each in waits],
    }
    await connection.execute(_BEGIN, values)


async def clocks(connection: AsyncConnection, cases: Sequence[Case]) -> dict[UUID, CaseClock]:
    """Return the clocks of cases, in one statement."""
    keys = {"tenants": [case.tenant for case in cases], "ids": [case.complaint_id for case in cases]}
    return {row.complaint_id: clock_of(row._mapping) for row in await connection.execute(_CLOCKS, keys)}

"""Keeps requests for endings and appeals against ratings, and lists them with what their complaints are about."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.lifecycle import ENDED
from eventbus.driver import Statement
from ledger_service.domain.appeals import Appeal, AppealState
from ledger_service.domain.endings import UNSETTLED, EndingRequest, EndingState
from ledger_service.persistence.stories import Row
from ledger_service.persistence.tables import ending_request, ledger_complaint, rating_appeal

_LAPSED = sa.and_(ending_request.c.state == EndingState.PENDING, ledger_complaint.c.status.in_(sorted(ENDED)))
_SHOWN: Mapping[str, sa.ColumnElement[str]] = {
    ending_request.name: sa.case((_LAPSED, sa.literal(EndingState.LAPSED, sa.Text)), else_=ending_request.c.state),
    rating_appeal.name: rating_appeal.c.state,
}
"""The states that are shown: a request that nobody has decided on lapses with any other end of its complaint."""
_UNSETTLED = Statement(f"""
    SELECT {", ".join(ending_request.c.keys())} FROM ending_request
    WHERE tenant = ANY(CAST(:tenants AS text[])) AND complaint_id = ANY(CAST(:complaints AS uuid[]))
      AND state IN ({", ".join(f"'{state}'" for state in sorted(UNSETTLED))})
""")
_ABOUT = ("number", "status", "version", "category", "community", "grid", "team", "team_name")


async def unsettled(
    connection: AsyncConnection, tenants: Collection[str], complaints: Collection[UUID]
) -> dict[UUID, EndingRequest]:
    """Return the requests for endings that are not settled, by complaint: there is one at most."""
    rows = await _UNSETTLED.fetch(connection, {"tenants": list(tenants), "complaints": list(complaints)})
    return {row["complaint_id"]: _request(row) for row in rows}


async def pending_appeals(
    connection: AsyncConnection, tenants: Collection[str], complaints: Collection[UUID]
) -> dict[UUID, Appeal]:
    """Return the appeals that wait for a decision, by their ids."""
    columns = rating_appeal.c
    statement = sa.select(rating_appeal).where(
        columns.tenant.in_(tenants), columns.complaint_id.in_(complaints), columns.state == AppealState.PENDING
    )
    return {row["id"]: _appeal(row) for row in (await connection.execute(statement)).mappings()}


async def save(connection: AsyncConnection, requests: Iterable[EndingRequest], appeals: Iterable[Appeal]) -> None:
    """Write new ones and those that changed, in two statements at most."""
    for table, rows in ((ending_request, [*map(asdict, requests)]), (rating_appeal, [*map(asdict, appeals)])):
        if rows:
            statement = insert(table)
            changed = {name: statement.excluded[name] for name in rows[0] if name not in {"tenant", "id"}}
            await connection.execute(
                statement.on_conflict_do_update(index_elements=["tenant", "id"], set_=changed), rows
            )


async def requests_page(
    connection: AsyncConnection, tenant: str, states: Sequence[EndingState], *, after: UUID | None, size: int
) -> Sequence[Row]:
    """Return up to `size` requests for endings behind `after`, the longest asked first, with their complaints."""
    return await _page(connection, ending_request, tenant, states, after=after, size=size)


async def appeals_page(
    connection: AsyncConnection, tenant: str, states: Sequence[AppealState], *, after: UUID | None, size: int
) -> Sequence[Row]:
    """Return up to `size` appeals behind `after`, the longest made first, with their complaints."""
    return await _page(connection, rating_appeal, tenant, states, after=after, size=size)


async def one(connection: AsyncConnection, table: sa.Table, tenant: str, matter: UUID) -> Row:
    """Return a request or appeal that is there, as the lists show it."""
    statement = _with_complaint(table).where(table.c.tenant == tenant, table.c.id == matter)
    return dict((await connection.execute(statement)).mappings().one())


async def _page(
    connection: AsyncConnection, table: sa.Table, tenant: str, states: Sequence[str], *, after: UUID | None, size: int
) -> Sequence[Row]:
    kept = {*states, EndingState.PENDING} if EndingState.LAPSED in states else {*states}
    statement = _with_complaint(table).where(
        table.c.tenant == tenant, table.c.state.in_(sorted(kept)), _SHOWN[table.name].in_(states)
    )
    if after is not None:
        statement = statement.where(table.c.id > after)
    return [dict(row) for row in (await connection.execute(statement.order_by(table.c.id).limit(size))).mappings()]


def _with_complaint(table: sa.Table) -> sa.Select[Any]:
    complaint = ledger_complaint.c
    about = sa.and_(complaint.tenant == table.c.tenant, complaint.complaint_id == table.c.complaint_id)
    columns = [*(column for column in table.c if column.name != "state"), _SHOWN[table.name].label("state")]
    return sa.select(*columns, *(complaint[name] for name in _ABOUT)).join_from(table, ledger_complaint, about)


def _request(row: Row) -> EndingRequest:
    return EndingRequest(**{**row, "state": EndingState(row["state"])})


def _appeal(row: sa.RowMapping) -> Appeal:
    return Appeal(**{**row, "state": AppealState(row["state"])})

"""Lists of complaints: pages, and how many there are.

In the order of receipt a page never shifts while others work, since its key never changes; in the order of changes a
complaint moves when it changes. A page is looked for by ids, and only its rows are read.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.roles import STAFF
from intake_service.persistence.attachment_tables import attachment
from intake_service.persistence.complaint_filters import ComplaintFilter, Condition, Part, conditions, parts
from intake_service.persistence.places import KNOWN_STATION
from intake_service.persistence.similar import AFFECTED
from intake_service.persistence.tables import complaint, reporter
from runtime.auth import Caller

Mark: TypeAlias = tuple[datetime | None, UUID]
"""The last complaint of a page: when it changed, where the list goes by that, and its id."""
MOST_COUNTED = 10_000
_C = complaint.c
_ATTACHMENTS = sa.func.array(
    sa.select(attachment.c.id).where(attachment.c.complaint_id == _C.id).order_by(attachment.c.id).scalar_subquery()
).label("attachments")
_member = complaint.alias("member")
_OF_MEMBERS = _member.c.merged_into == _C.id
_MEMBERS = sa.func.array(
    sa.select(_member.c.id).where(_OF_MEMBERS).order_by(_member.c.id).correlate(complaint).scalar_subquery()
).label("merged")
_TAKEN_OVER = sa.func.array(
    sa.select(attachment.c.id)
    .join(_member, attachment.c.complaint_id == _member.c.id)
    .where(_OF_MEMBERS)
    .order_by(attachment.c.id)
    .correlate(complaint)
    .scalar_subquery()
).label("taken_over")
READ = sa.select(
    complaint,
    reporter.c.name,
    reporter.c.phone,
    reporter.c.email,
    _ATTACHMENTS,
    _MEMBERS,
    _TAKEN_OVER,
    AFFECTED,
    KNOWN_STATION,
).outerjoin_from(complaint, reporter, reporter.c.complaint_id == _C.id)


def visible(caller: Caller) -> list[Condition]:
    """Staff see their tenant; all others see what they reported."""
    found: list[Condition] = [_C.tenant == caller.tenant]
    if not caller.has(*STAFF):
        found.append(_C.created_by == caller.subject)
    return found


async def page(
    connection: AsyncConnection, caller: Caller, wanted: ComplaintFilter, *, after: Mark | None, size: int
) -> Sequence[Any]:
    """Return up to `size` complaints that `caller` may see, behind `after` in the order wanted."""
    found: Sequence[Any] = (await connection.execute(select_page(caller, wanted, after=after, size=size))).all()
    return found


async def rows(connection: AsyncConnection, caller: Caller, ids: Sequence[UUID]) -> Sequence[Any]:
    """Return the complaints with these ids that `caller` may see, the newest first."""
    statement = READ.where(_C.id == sa.any_(sa.literal(ids, sa.ARRAY(sa.Uuid))), *visible(caller))
    return (await connection.execute(statement.order_by(_C.id.desc()))).all()


async def count(connection: AsyncConnection, caller: Caller, wanted: ComplaintFilter) -> int:
    """Return how many complaints there are, one more than MOST_COUNTED where there are more than that."""
    most = MOST_COUNTED + 1
    each = [
        sa.select(sa.literal(1)).where(*visible(caller), *part.conditions).limit(most)
        for part in _parts(caller, wanted)
    ]
    found = sa.union_all(*(sa.select(one.subquery()) for one in each)).limit(most).subquery()
    return int(await connection.scalar(sa.select(sa.func.count()).select_from(found)) or 0)


def select_page(caller: Caller, wanted: ComplaintFilter, *, after: Mark | None, size: int) -> sa.Select[Any]:
    """Return the statement of a page."""
    page = select_ids(caller, wanted, after=after, size=size).subquery()
    order = [page.c["key"], page.c.id] if _goes_by_change(wanted) else [page.c.id]
    return READ.join(page, page.c.id == _C.id).order_by(*_directed(wanted, order))


def select_ids(caller: Caller, wanted: ComplaintFilter, *, after: Mark | None, size: int) -> sa.Select[Any]:
    """Return the statement of the ids of a page, with the time that the order goes by as `key`."""
    each = [_select(caller, wanted, part, after).limit(size) for part in _parts(caller, wanted)]
    if len(each) == 1:
        return each[0]
    both = sa.union_all(*(sa.select(one.subquery()) for one in each)).subquery()
    order = [both.c["key"], both.c.id] if _goes_by_change(wanted) else [both.c.id]
    return sa.select(both).order_by(*_directed(wanted, order)).limit(size)


def _parts(caller: Caller, wanted: ComplaintFilter) -> Sequence[Part]:
    """Those who only see their own have an index for that, and not many."""
    return parts(wanted) if caller.has(*STAFF) else [Part(None, tuple(conditions(wanted)))]


def _select(caller: Caller, wanted: ComplaintFilter, part: Part, after: Mark | None) -> sa.Select[Any]:
    changed: sa.ColumnElement[Any] = _C.ended_at if part.has_ended else _C.updated_at
    key = changed if _goes_by_change(wanted) else sa.null()
    order = [changed, _C.id] if _goes_by_change(wanted) else [_C.id]
    statement = sa.select(_C.id, key.label("key")).where(*visible(caller), *part.conditions)
    if after is not None:
        place = sa.tuple_(*order) if len(order) > 1 else order[0]
        values = [sa.literal(value) for value in after[-len(order) :]]
        end = sa.tuple_(*values) if len(order) > 1 else values[0]
        statement = statement.where(place < end if _is_descending(wanted) else place > end)
    return statement.order_by(*_directed(wanted, order))


def _goes_by_change(wanted: ComplaintFilter) -> bool:
    return wanted.sort.startswith("updated")


def _is_descending(wanted: ComplaintFilter) -> bool:
    return wanted.sort in {"newest", "updated_newest"}


def _directed(wanted: ComplaintFilter, order: Sequence[sa.ColumnElement[Any]]) -> list[sa.ColumnElement[Any]]:
    return [each.desc() if _is_descending(wanted) else each.asc() for each in order]


def select_all(caller: Caller, wanted: ComplaintFilter) -> sa.Select[Any]:
    """Return the statement of all ids, in the order wanted."""
    order = [_C.updated_at, _C.id] if _goes_by_change(wanted) else [_C.id]
    return sa.select(_C.id).where(*visible(caller), *conditions(wanted)).order_by(*_directed(wanted, order))

"""One case at a time: locked for an action, changed, shown."""

import re
from collections.abc import Collection
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.lifecycle import Status
from dispatch_service.domain.case import Case
from dispatch_service.domain.errors import CaseNotFound
from dispatch_service.persistence.components import owner_of_cases
from dispatch_service.persistence.requests import of_cases
from dispatch_service.persistence.rows import Row, as_rows
from dispatch_service.persistence.tables import (
    case_conference,
    case_contribution,
    case_note,
    case_question,
    case_rectification,
    case_request,
    case_supplement,
    case_support,
    case_transfer,
    department,
    dispatch_case,
    supervision_order,
    team,
    team_member,
)

_NAMED = sa.outerjoin(
    dispatch_case, team, sa.and_(team.c.tenant == dispatch_case.c.tenant, team.c.code == dispatch_case.c.team)
)
_EARLIER = dispatch_case.c.earlier_explanations
SELECT = sa.select(
    *(column for column in dispatch_case.c if column is not _EARLIER),
    sa.func.coalesce(team.c.name, dispatch_case.c.team).label("team_name"),
).select_from(_NAMED)
"""What lists need of cases, and the name of the team."""

_THIS = sa.and_(dispatch_case.c.complaint_id == sa.bindparam("id"), dispatch_case.c.tenant == sa.bindparam("tenant"))
_LOCK = sa.select(*(dispatch_case.c[field.name] for field in fields(Case))).where(_THIS).with_for_update()
_EVERYTHING = SELECT.add_columns(
    _EARLIER,
    of_cases(case_request).label("requests"),
    of_cases(supervision_order).label("supervision"),
    of_cases(case_conference).label("conferences"),
    of_cases(case_transfer).label("transfers"),
    of_cases(case_rectification).label("rectifications"),
    of_cases(case_contribution).label("contributions"),
    of_cases(case_support, "team").label("supporting"),
    of_cases(case_note).label("notes"),
    of_cases(case_supplement).label("supplements"),
    of_cases(case_question).label("questions"),
    owner_of_cases().label("component_owner"),
).where(_THIS)
_NAMING = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call] # SQLAlchemy gives it no types
_JSON = {column.name: JSONB for column in _EVERYTHING.selected_columns if isinstance(column.type, JSONB)}
_SHOW = sa.text(re.sub(r":(id|tenant)::\w+", r":\1", str(_EVERYTHING.compile(dialect=_NAMING)))).columns(**_JSON)
"""Written out once: as an expression of so many columns, it would be half of the work of showing a case."""
_TEAMS_OF = sa.select(team_member.c.team).where(
    team_member.c.tenant == sa.bindparam("tenant"), team_member.c.subject == sa.bindparam("subject")
)


async def lock(connection: AsyncConnection, tenant: str, complaint_id: UUID) -> Case:
    """Return the case, locked until the transaction ends; CaseNotFound where the tenant has none with this id."""
    row = (await connection.execute(_LOCK, {"id": complaint_id, "tenant": tenant})).one_or_none()
    if row is None:
        raise CaseNotFound
    return Case(**{**row._mapping, "status": Status(row.status)})


async def save(connection: AsyncConnection, case: Case, now: datetime, **facts: object) -> None:
    """Write a locked case back: what a decision changes, and the columns that `facts` names."""
    await connection.execute(
        sa.update(dispatch_case)
        .where(dispatch_case.c.complaint_id == case.complaint_id, dispatch_case.c.tenant == case.tenant)
        .values(
            status=case.status.value,
            version=case.version,
            sequence=case.sequence,
            team=case.team,
            community=case.community,
            updated_at=now,
            **facts,
        )
    )


async def is_erased(connection: AsyncConnection, case: Case) -> bool:
    """Say whether an erasure has taken what was written about a locked case; of those that leave texts none has."""
    row = dispatch_case.c
    of_texts = sa.and_(row.erased_at.is_not(None), row.description == "")
    mine = sa.and_(row.complaint_id == case.complaint_id, row.tenant == case.tenant)
    return bool((await connection.execute(sa.select(of_texts).where(mine))).scalar_one())


async def show(connection: AsyncConnection, tenant: str, complaint_id: UUID) -> Row:
    """Return all of a case with the name of its team, and what has happened to it.

    CaseNotFound where the tenant has none with this id.
    """
    rows = as_rows(await connection.execute(_SHOW, {"id": complaint_id, "tenant": tenant}))
    if not rows:
        raise CaseNotFound
    return rows[0]


async def teams_of(connection: AsyncConnection, tenant: str, subject: str) -> frozenset[str]:
    """Return the codes of the teams that `subject` is a member of."""
    rows = await connection.execute(_TEAMS_OF, {"tenant": tenant, "subject": subject})
    return frozenset(rows.scalars())


async def find_team(connection: AsyncConnection, tenant: str, code: str) -> Any | None:
    """Return code, name and community of a team, which stays until the transaction ends, or None."""
    statement = sa.select(team.c.code, team.c.name, team.c.community).where(
        team.c.tenant == tenant, team.c.code == code
    )
    return (await connection.execute(statement.with_for_update(read=True, key_share=True))).one_or_none()


async def find_department(connection: AsyncConnection, tenant: str, code: str) -> Any | None:
    """Return a department, which stays until the transaction ends, or None."""
    statement = sa.select(department).where(department.c.tenant == tenant, department.c.code == code)
    return (await connection.execute(statement.with_for_update(read=True, key_share=True))).one_or_none()


async def known_teams(connection: AsyncConnection, tenant: str, codes: Collection[str]) -> set[str]:
    """Return those of the `codes` that are teams, which stay until the transaction ends."""
    statement = sa.select(team.c.code).where(team.c.tenant == tenant, team.c.code.in_(codes))
    return set((await connection.execute(statement.with_for_update(read=True, key_share=True))).scalars())

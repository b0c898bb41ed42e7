"""What dispatch tells of places, teams and departments, and intake of categories and sources; who is on duty."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from eventbus.driver import Statement, arrays
from ledger_service.domain.labels import Label
from ledger_service.domain.names import Known, Labels, category_labels, source_labels
from ledger_service.persistence.tables import directory

Kind = Literal["community", "grid", "team", "department", "category", "duty_item", "source"]
_PLACES: tuple[Kind, ...] = ("community", "grid", "team")
_NAMED: tuple[Kind, ...] = ("category", "source", "department", *_PLACES)


class Thing(NamedTuple):
    """One of them as its event of that sequence says."""

    tenant: str
    kind: Kind
    code: str
    sequence: int
    removed: bool
    name: str
    community: str | None = None
    team: str | None = None
    name_en: str | None = None
    gates: str | None = None
    """As an array's text; None: it does not say."""


class Duty(NamedTuple):
    """How many of a team are on duty, as its event of that sequence says."""

    tenant: str
    team: str
    sequence: int
    planned: int
    on_duty: int
    at: datetime
    until: datetime | None


# What is older than what is known changes nothing: a compacted topic may leave out what was between.
_KEEP_THINGS = Statement("""
    INSERT INTO directory (tenant, kind, code, sequence, removed, name, community, team, name_en, gates)
    SELECT tenant, kind, code, sequence, removed, name, community, team, name_en, CAST(gates AS text[])
    FROM unnest(CAST(:tenant AS text[]), CAST(:kind AS text[]), CAST(:code AS text[]),
                         CAST(:sequence AS int[]), CAST(:removed AS boolean[]), CAST(:name AS text[]),
                         CAST(:community AS text[]), CAST(:team AS text[]),
                         CAST(:name_en AS text[]), CAST(:gates AS text[]))
        AS said (tenant, kind, code, sequence, removed, name, community, team, name_en, gates)
    ORDER BY tenant, kind, code
    ON CONFLICT (tenant, kind, code) DO UPDATE
    SET sequence = EXCLUDED.sequence, removed = EXCLUDED.removed, name = EXCLUDED.name,
        community = EXCLUDED.community, team = EXCLUDED.team, name_en = EXCLUDED.name_en, gates = EXCLUDED.gates
    WHERE directory.sequence < EXCLUDED.sequence
""")
_KEEP_DUTIES = Statement("""
    INSERT INTO team_duty (tenant, team, sequence, planned, on_duty, at, until)
    SELECT * FROM unnest(CAST(:tenant AS text[]), CAST(:team AS text[]), CAST(:sequence AS int[]),
                         CAST(:planned AS int[]), CAST(:on_duty AS int[]), CAST(:at AS timestamptz[]),
                         CAST(:until AS timestamptz[])) AS said (tenant, team)
    ORDER BY tenant, team
    ON CONFLICT (tenant, team) DO UPDATE
    SET sequence = EXCLUDED.sequence, planned = EXCLUDED.planned, on_duty = EXCLUDED.on_duty,
        at = EXCLUDED.at, until = EXCLUDED.until
    WHERE team_duty.sequence < EXCLUDED.sequence
""")


async def keep_things(connection: AsyncConnection, things: Sequence[Thing]) -> None:
    """Keep what is said, unless something newer is kept; each thing at most once."""
    if things:
        await _KEEP_THINGS.fetch(connection, arrays(Thing._fields, things))


async def keep_duties(connection: AsyncConnection, duties: Sequence[Duty]) -> None:
    """Keep what is said, unless something newer is kept; each team at most once."""
    if duties:
        await _KEEP_DUTIES.fetch(connection, arrays(Duty._fields, duties))


class Named(NamedTuple):
    """What a thing is called; a removed one keeps its name."""

    name: str
    removed: bool


async def names(connection: AsyncConnection, tenant: str) -> Mapping[tuple[Kind, str], Named]:
    """Return what each community, grid and team of `tenant` is called, by kind and code."""
    columns = directory.c
    statement = sa.select(columns.kind, columns.code, columns.name, columns.removed).where(
        columns.tenant == tenant, columns.kind.in_(_PLACES)
    )
    return {(row.kind, row.code): Named(row.name, row.removed) for row in await connection.execute(statement)}


async def known(connection: AsyncConnection, tenant: str) -> Known:
    """Return the categories and sources that `tenant` has or had.

    Intake tells of all categories at first, so those that are shipped are meant only before it ever did.
    """
    columns = directory.c
    statement = sa.select(columns.kind, columns.code).where(
        columns.tenant == tenant, columns.kind.in_(("category", "source"))
    )
    told: dict[str, set[str]] = {"category": set(), "source": set()}
    for kind, code in await connection.execute(statement):
        told[kind].add(code)
    return Known(told["category"] or category_labels().keys(), told["source"] | source_labels().keys())


async def labels(connection: AsyncConnection, tenant: str) -> Labels:
    """Return what `tenant` calls its categories and sources, communities, grids, teams and departments.

    Removed ones keep their name. What dispatch tells of has one name, in both languages.
    """
    columns = directory.c
    statement = sa.select(columns.kind, columns.code, columns.name, columns.name_en).where(
        columns.tenant == tenant, columns.kind.in_(_NAMED)
    )
    told: dict[str, dict[str, Label]] = {kind: {} for kind in _NAMED}
    for row in await connection.execute(statement):
        told[row.kind][row.code] = Label(row.name, row.name_en or row.name)
    return Labels(
        categories={**category_labels(), **told["category"]},
        sources={**source_labels(), **told["source"]},
        communities=told["community"],
        grids=told["grid"],
        teams=told["team"],
        departments=told["department"],
    )

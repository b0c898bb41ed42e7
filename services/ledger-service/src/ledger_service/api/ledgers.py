"""Defining classified ledgers 台账: named views of the tenant, those that are shipped and its own."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from ledger_service.api.deps import Administrator, Engine, ReadEngine, Staff
from ledger_service.api.ledger_problems import ledger_not_found
from ledger_service.api.ledger_schemas import DefinitionBody, Ledgers, LedgerSummary, LedgerView, VersionView
from ledger_service.domain.ledger_definitions import NAME_PATTERN
from ledger_service.persistence import ledger_definitions, ledger_lines
from ledger_service.persistence.ledger_definitions import Kept
from ledger_service.persistence.ledger_lines import Selection
from operations.pages import Page, Pages
from operations.problems import all_invalid
from runtime.clock import now
from runtime.etag import IfMatch, check, etag
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES, FieldError, Problem

router = APIRouter(tags=["ledgers"], responses=PROBLEM_RESPONSES)
Name = Annotated[str, Path(pattern=NAME_PATTERN, examples=["by-community"])]
MOST_LEDGERS = 200
_CHEAP = 20_000.0
"""Of the planner's cost units: counting takes some hundredths of a second."""


@router.get("/ledgers")
async def list_ledgers(
    caller: Staff,
    engine: ReadEngine,
    counts: Annotated[bool, Query(description="With how many lines each has, where that is quickly counted.")] = False,
) -> Ledgers:
    """List all ledgers by name, those that are shipped first."""
    async with engine.connect() as connection:
        found = await ledger_definitions.every(connection, caller.tenant)
    items = [
        LedgerSummary.of(kept, await _lines(engine, caller.tenant, kept) if counts else None) for kept in found.values()
    ]
    return Ledgers(items=items)


async def _lines(engine: ReadEngine, tenant: str, kept: Kept) -> int | None:
    if kept.definition is None:
        return None
    wanted = Selection(tenant=tenant, definition=kept.definition, at=now())
    async with engine.connect() as connection:
        if (await ledger_lines.estimate(connection, wanted)).cost > _CHEAP:
            return None
        return await ledger_lines.count(connection, wanted)


@router.get("/ledgers/{name}")
async def show_ledger(name: Name, response: Response, caller: Staff, engine: ReadEngine) -> LedgerView:
    """Show how a ledger is defined; its lines are at `…/lines`, and as files at `….csv`, `….xlsx` and `….json`."""
    async with engine.connect() as connection:
        kept = await ledger_definitions.find(connection, caller.tenant, name)
    if kept.definition is None:
        raise ledger_not_found()
    response.headers["ETag"] = etag(kept.version)
    return LedgerView.of(kept)


@router.put("/ledgers/{name}")
async def define_ledger(
    name: Name, body: DefinitionBody, response: Response, caller: Administrator, engine: Engine, if_match: IfMatch
) -> LedgerView:
    """Define a ledger, anew or otherwise than before; the definition before stays in `…/versions`.

    422 with what is wrong with it where no line could ever match it.
    """
    definition = body.definition()
    flaws = [FieldError(flaw.path, flaw.code) for flaw in definition.flaws()]
    if flaws:
        raise all_invalid(flaws, 50)
    async with engine.begin() as connection:
        present = await ledger_definitions.find(connection, caller.tenant, name)
        is_new = present.is_shipped or present.definition is None
        if is_new and await ledger_definitions.count_own(connection, caller.tenant) >= MOST_LEDGERS:
            raise Problem(409, "too-many-ledgers", most=MOST_LEDGERS)
        kept = await ledger_definitions.put(
            connection,
            caller.tenant,
            name,
            definition,
            check=lambda before: check(if_match, before.version),
            actor=caller.subject,
            now=now(),
        )
    response.headers["ETag"] = etag(kept.version)
    return LedgerView.of(kept)


@router.delete("/ledgers/{name}", status_code=204)
async def take_ledger_away(name: Name, caller: Administrator, engine: Engine, if_match: IfMatch) -> None:
    """Take away what the tenant defined; of a ledger that is shipped, that one counts again.

    409 `ledger-is-shipped` where there is nothing but what is shipped.
    """

    def may_go(before: Kept) -> None:
        if before.definition is None:
            raise ledger_not_found()
        check(if_match, before.version)
        if before.is_shipped:
            raise Problem(409, "ledger-is-shipped")

    async with engine.begin() as connection:
        await ledger_definitions.put(
            connection, caller.tenant, name, None, check=may_go, actor=caller.subject, now=now()
        )


@router.get("/ledgers/{name}/versions")
async def list_versions(
    name: Name,
    request: Request,
    response: Response,
    caller: Staff,
    engine: ReadEngine,
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[VersionView]:
    """List what the tenant made of a ledger, the newest first."""
    pages = Pages(request, caller, "ledger versions", {"name": name})
    below = pages.after_number(cursor)
    async with engine.connect() as connection:
        found = await ledger_definitions.versions(connection, caller.tenant, name, below=below, size=limit + 1)
    return Page(items=[_version(kept) for kept in pages.cut(response, found, limit, lambda kept: kept.version)])


def _version(kept: Kept) -> VersionView:
    content = None if kept.definition is None else kept.definition.content()
    return VersionView.model_validate(
        {
            "version": kept.version,
            "changed_at": kept.changed_at,
            "changed_by": kept.changed_by,
            "definition": content,
        }
    )

"""Reading and replacing what a tenant chooses of its figures."""

from fastapi import APIRouter, Request, Response

from ledger_service.api.deps import Administrator, Engine, ReadEngine, Staff
from ledger_service.api.statistics_schemas import SettingsBody, SettingsView
from ledger_service.domain.indicators import INDICATORS
from ledger_service.persistence import statistics_settings
from operations.pages import Page, Pages
from operations.problems import all_invalid
from runtime.clock import now
from runtime.etag import IfMatch, check, etag
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES, FieldError

router = APIRouter(tags=["statistics"], responses=PROBLEM_RESPONSES, prefix="/statistics")
_SHARES = {code: indicator.unit == "share" for code, indicator in INDICATORS.items()}


@router.get("/settings")
async def show_settings(request: Request, response: Response, caller: Staff, engine: ReadEngine) -> SettingsView:
    """Show what figures are made with: w of 基本满意, minutes, weights, grades, the least sample, exclusions."""
    async with engine.connect() as connection:
        kept = await statistics_settings.read(connection, caller.tenant, request.app.state.settings.timezone)
    response.headers["ETag"] = etag(kept.version)
    return SettingsView.of(kept)


@router.put("/settings")
async def replace_settings(
    body: SettingsBody, response: Response, caller: Administrator, engine: Engine, if_match: IfMatch
) -> SettingsView:
    """Replace all of it by a new version, which counts from now on, for earlier days as well.

    Figures as of a day before today are still made with the version that was in force then.
    """
    settings = body.settings()
    known = ", ".join(INDICATORS)
    flaws = [FieldError(pointer, code, {"known": known}) for pointer, code in settings.flaws(_SHARES)]
    if flaws:
        raise all_invalid(flaws)
    async with engine.begin() as connection:
        kept = await statistics_settings.replace(
            connection,
            caller.tenant,
            settings,
            check_version=lambda version: check(if_match, version),
            actor=caller.subject,
            now=now(),
        )
    response.headers["ETag"] = etag(kept.version)
    return SettingsView.of(kept)


@router.get("/settings/history")
async def list_settings(
    request: Request,
    response: Response,
    caller: Staff,
    engine: ReadEngine,
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[SettingsView]:
    """List the versions that were set, the newest first."""
    pages = Pages(request, caller, "statistics settings", {})
    before = pages.after_number(cursor)
    async with engine.connect() as connection:
        found = await statistics_settings.history(connection, caller.tenant, before=before, size=limit + 1)
    shown = pages.cut(response, found, limit, lambda each: each.version)
    return Page(items=[SettingsView.of(each) for each in shown])

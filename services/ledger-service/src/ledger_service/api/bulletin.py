"""The bulletin 通报: what was done in a period, as a paragraph and as figures."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import PlainTextResponse

from ledger_service.api.activity_schemas import BulletinView, FigureView, PeriodView
from ledger_service.api.deps import ReadEngine, Staff
from ledger_service.api.parameters import Day
from ledger_service.domain.bulletin import Scope, figures, write
from ledger_service.persistence import activity_days, directory
from operations.filters import Code
from operations.periods import check_order
from operations.preferences import InLanguage, is_preferred
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["activities"], responses=PROBLEM_RESPONSES)
Format = Literal["json", "text"]


async def _scope(
    first: Annotated[Day, Query(alias="from", description="The first day.", examples=["2024-01-01"])],
    last: Annotated[Day, Query(alias="to", description="The last day, included.", examples=["2024-10-14"])],
    community: Code | None = None,
    team: Code | None = None,
) -> Scope:
    check_order(first, last)
    return Scope(first, last, community, team)


async def _format(
    request: Request,
    form: Annotated[Format | None, Query(alias="format", description="By default as `Accept` says.")] = None,
) -> Format:
    return form or ("text" if is_preferred(request.headers.get("accept", ""), "text/plain") else "json")


@router.get(
    "/bulletin",
    response_model=BulletinView,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "The bulletin."}},
)
async def show_bulletin(
    request: Request,
    caller: Staff,
    engine: ReadEngine,
    scope: Annotated[Scope, Depends(_scope)],
    language: InLanguage,
    form: Annotated[Format, Depends(_format)],
) -> Response:
    """Write what was done from a day to a day, in Chinese or English, as a paragraph (`text`) or with its figures.

    Days are those of the county's time zone. What did not happen is left out; voided activities do not count.
    """
    async with engine.connect() as connection:
        found = figures(await activity_days.sums(connection, caller.tenant, scope))
        labels = await directory.labels(connection, caller.tenant)
    text = write(scope, found, language, labels)
    headers = {"Content-Language": "zh-CN" if language == "zh" else "en", "Vary": "Accept, Accept-Language"}
    if form == "text":
        return PlainTextResponse(f"{text}\n", headers=headers)
    period = {
        "from": scope.first,
        "to": scope.last,
        "time_zone": request.app.state.settings.timezone,
        "community": scope.community,
        "team": scope.team,
    }
    view = BulletinView(
        language=language,
        text=text,
        period=PeriodView.model_validate(period),
        figures=[FigureView.of(each) for each in found],
    )
    return Response(view.model_dump_json(by_alias=True), headers=headers, media_type="application/json")

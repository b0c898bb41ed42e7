"""What a wall screen of the command centre needs, in one call."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from ledger_service.api.deps import Staff
from ledger_service.api.overview_schemas import (
    CommunityFigures,
    HotspotLine,
    HourView,
    LatestLine,
    NamedCode,
    OverviewView,
    TeamDutyView,
    duty_view,
    flow_view,
    open_view,
    satisfaction_view,
)
from ledger_service.domain.overview import Figures
from ledger_service.service.overview import Overview, Overviews
from operations.filters import Code
from runtime.etag import is_among
from runtime.problems import PROBLEM_RESPONSES, Problem, register_texts

register_texts(
    {
        "community-unknown": (
            "没有这个社区",
            "No such community",
            "名录中没有该社区，也没有该社区的诉求。",
            "The directory has no such community, and no complaint is in it.",
        )
    }
)
router = APIRouter(tags=["overview"], responses=PROBLEM_RESPONSES)
_LATEST = 20
_Seen = Annotated[str | None, Header(alias="If-None-Match", max_length=1_000, description="`ETag`s that you have.")]


async def _overviews(request: Request) -> Overviews:
    overviews: Overviews = request.app.state.overviews
    return overviews


@router.get(
    "/overview",
    response_model=OverviewView,
    responses={304: {"description": "Nothing has changed but the moment."}},
)
async def show_overview(
    request: Request,
    caller: Staff,
    overviews: Annotated[Overviews, Depends(_overviews)],
    community: Annotated[Code | None, Query(description="Only of this one.")] = None,
    top: Annotated[int, Query(ge=0, le=50, description="How many hot spots.")] = 10,
    seen: _Seen = None,
) -> Response:
    """Show how the county, or a community, stands: today's flow, open cases, duty, hot spots, the newest entries.

    Days and hours are those of the county. An answer is at most a second old; its `ETag` stays for as long as the
    figures do. `latest` are the newest 20 among the last 200 entries about complaints, without what people wrote.
    404 `community-unknown`.
    """
    overview = await overviews.of(caller.tenant)
    if community is not None and community not in overview.communities():
        raise Problem(404, "community-unknown")
    key = (community, top)
    if key not in overview.answers:
        view = _view(overview, community, top, str(request.app.state.settings.timezone))
        figures = view.model_dump_json(exclude={"as_of"}).encode()
        tag = f'W/"{hashlib.sha256(figures).hexdigest()[:32]}"'
        overview.answers[key] = tag, view.model_dump_json(by_alias=True).encode()
    tag, body = overview.answers[key]
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if is_among(tag, seen or ""):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def _view(overview: Overview, community: str | None, top: int, timezone: str) -> OverviewView:
    figures, names = overview.figures.get(community, Figures()), overview.names
    spots = [spot for spot in overview.hotspots if community in (None, spot["community"])]
    latest = [row for row in overview.latest if community in (None, row["community"])]
    teams = [team for team in overview.duty if community in (None, team.community)]
    return OverviewView(
        as_of=overview.as_of,
        timezone=timezone,
        day=overview.day.date,
        community=NamedCode.of("community", community, names),
        flow=flow_view(figures.flow),
        by_hour=[
            HourView(hour=hour, flow=flow_view(figures.by_hour.get(hour, {}))) for hour in range(overview.day.hours)
        ],
        open=open_view(figures),
        satisfaction=satisfaction_view(figures),
        duty=duty_view(figures),
        teams=[TeamDutyView.of(team) for team in teams],
        hotspots=[HotspotLine.of(spot, names) for spot in spots[:top]],
        latest=[LatestLine.of(row, names) for row in latest[:_LATEST]],
        communities=[_community(overview, code) for code in ([community] if community else overview.communities())],
    )


def _community(overview: Overview, code: str) -> CommunityFigures:
    figures = overview.figures.get(code, Figures())
    known = overview.names.get(("community", code))
    return CommunityFigures(
        community=NamedCode(code=code, name=known.name if known else None),
        flow=flow_view(figures.flow),
        open=open_view(figures),
        satisfaction=satisfaction_view(figures),
        duty=duty_view(figures),
    )

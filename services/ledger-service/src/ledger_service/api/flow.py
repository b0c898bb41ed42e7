"""The state table 反馈流程图 as data and as a drawing."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import PlainTextResponse, Response

from contracts.lifecycle import TRANSITIONS, Status
from ledger_service.api.schemas import FlowView, StateView, TransitionView
from ledger_service.domain.flow import final_states, mermaid
from ledger_service.domain.flow_drawing import svg
from ledger_service.domain.labels import EVENT_LABELS, STATUS_LABELS
from runtime.auth import public
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["flow"], responses={422: PROBLEM_RESPONSES[422]})
_ORDER: tuple[Status | None, ...] = (None, *Status)


def _flow() -> FlowView:
    final = final_states()
    states = [StateView(code=code, zh=zh, en=en, final=code in final) for code, (zh, en) in STATUS_LABELS.items()]
    transitions = [
        TransitionView.model_validate(
            {
                "event": event_type,
                "zh": EVENT_LABELS[event_type].zh,
                "en": EVENT_LABELS[event_type].en,
                "from": [status for status in _ORDER if status in line.sources],
                "to": line.target,
                "owner": line.owner,
                "roles": sorted(line.roles),
            }
        )
        for event_type, line in TRANSITIONS.items()
    ]
    return FlowView(states=states, transitions=transitions)


@router.get(
    "/flow",
    dependencies=[Depends(public)],
    response_model=FlowView,
    responses={
        200: {
            "content": {each: {"schema": {"type": "string"}} for each in ("text/plain", "image/svg+xml")},
            "description": "The state table.",
        }
    },
)
async def show_flow(
    drawing: Annotated[
        Literal["json", "mermaid", "svg"],
        Query(alias="format", description="`mermaid` is a state diagram as text, `svg` a picture."),
    ] = "json",
) -> Response | FlowView:
    """Show which states a complaint may have, which event leads from which to which, and who may cause it."""
    if drawing == "json":
        return _flow()
    return PlainTextResponse(mermaid()) if drawing == "mermaid" else Response(svg(), media_type="image/svg+xml")

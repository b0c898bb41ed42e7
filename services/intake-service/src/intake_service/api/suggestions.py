"""Suggestions of categories."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi import Request as HttpRequest
from pydantic import BaseModel, Field

from contracts.lifecycle import TRANSITIONS, EventType
from intake_service.api.deps import Known
from intake_service.api.schemas import Description, Request, SuggestedCategory
from intake_service.service.suggesting import Categoriser
from runtime.auth import Caller, require
from runtime.clock import now
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["reference"], responses=PROBLEM_RESPONSES)
Reporting = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.RECEIVED].roles))]


class SuggestionIn(Request):
    """What happened, in the reporter's words."""

    description: Description


class SuggestionsOut(BaseModel):
    """The three likeliest categories, likeliest first; `taken_from` is null where the tenant takes none by itself."""

    suggestions: list[SuggestedCategory]
    taken_from: Annotated[float, Field(ge=0, le=1)] | None
    model: str


@router.post("/categories/suggest")
async def suggest_category(
    body: SuggestionIn, request: HttpRequest, caller: Reporting, references: Known
) -> SuggestionsOut:
    """Suggest categories for a description. Nothing is stored; when the caller files the same text within an hour, the
    complaint has the first one as its `suggested_category`, whether it is taken or not.

    A complaint that comes without a category gets the first one where its confidence reaches `taken_from` and it is
    not `other`; otherwise operators decide.
    """
    categoriser: Categoriser = request.app.state.categoriser
    found = categoriser.suggest(body.description, caller, await references.current(caller.tenant), now())
    return SuggestionsOut(
        suggestions=[SuggestedCategory(code=s.code, confidence=s.confidence) for s in found],
        taken_from=categoriser.takes_from,
        model=categoriser.classifier.version(),
    )

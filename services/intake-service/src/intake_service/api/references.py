"""Reference lists for clients."""

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from contracts.events import RequestKind
from intake_service.api.texts import KIND_LABELS
from intake_service.domain import reference
from runtime.auth import public
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["reference"], responses=PROBLEM_RESPONSES, dependencies=[Depends(public)])
_CACHE = "public, max-age=300"


class SourceOut(BaseModel):
    """Where complaints come from 事件来源; `roles` may name it, and its reports may or must say these details."""

    code: str
    zh: str
    en: str
    proactive: bool
    roles: list[str]
    takes: list[str]
    demands: list[str]


class CategoryOut(BaseModel):
    """What complaints are about; `parent` is null for a 大类."""

    code: str
    zh: str
    en: str
    parent: str | None


@router.get("/sources")
async def list_sources(response: Response) -> list[SourceOut]:
    """List the nine sources 九大类事件来源."""
    response.headers["Cache-Control"] = _CACHE
    return [
        SourceOut(
            code=s.code,
            zh=s.zh,
            en=s.en,
            proactive=s.proactive,
            roles=sorted(s.roles),
            takes=sorted(s.takes),
            demands=sorted(s.demands),
        )
        for s in reference.sources().values()
    ]


class RequestKindOut(BaseModel):
    """What a reporter may want."""

    code: RequestKind
    zh: str
    en: str


@router.get("/request-kinds")
async def list_request_kinds(response: Response) -> list[RequestKindOut]:
    """List what reporters may want 投诉、咨询、求助、举报、建议."""
    response.headers["Cache-Control"] = _CACHE
    return [RequestKindOut(code=code, zh=zh, en=en) for code, (zh, en) in KIND_LABELS.items()]


@router.get("/categories")
async def list_categories(response: Response) -> list[CategoryOut]:
    """List the event categories 大类、小类, parents before children."""
    response.headers["Cache-Control"] = _CACHE
    return [CategoryOut(code=c.code, zh=c.zh, en=c.en, parent=c.parent) for c in reference.categories().values()]

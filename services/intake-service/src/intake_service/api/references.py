"""Reading the configuration: categories, duty lists and sources, as they are or as they were."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from contracts.events import RequestKind
from intake_service.api.deps import Known
from intake_service.api.reference_schemas import CategoryOut, DutyItemOut, SourceOut
from intake_service.api.texts import KIND_LABELS
from intake_service.domain.configuration.items import List
from intake_service.domain.configuration.reference import Reference
from operations.cacheable import cacheable
from operations.problems import invalid
from runtime.auth import public, require
from runtime.clock import now
from runtime.problems import PROBLEM_RESPONSES, Problem
from runtime.types import Instant

router = APIRouter(
    tags=["reference"],
    responses={**PROBLEM_RESPONSES, 304: {"description": "As the caller has it"}},
    dependencies=[Depends(public)],
)
Item = CategoryOut | DutyItemOut | SourceOut
_CACHE = "public, max-age=60"
_anybody = require()


async def tenant_of(request: Request) -> str:
    """Return the tenant of whoever shows a token, which must be a good one, else the platform's own."""
    if "authorization" in request.headers:
        return (await _anybody.authenticate(request)).tenant
    tenant: str = request.app.state.settings.tenant
    return tenant


Tenant = Annotated[str, Depends(tenant_of)]


async def _wanted(
    tenant: Tenant,
    references: Known,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="A version by its number.")] = None,
    at: Annotated[Instant | None, Query(description="The version in force at that moment, and how it stood.")] = None,
) -> tuple[Reference, datetime]:
    """Return the version that is asked for, the one in force by default, and the moment to look at it."""
    if version is not None and at is not None:
        raise invalid("query/at", "version-or-moment")
    if at is not None:
        return await references.at(tenant, at), at
    found = await references.current(tenant) if version is None else await references.version(tenant, version)
    if found is None:
        raise Problem(404, "configuration-version-not-found")
    return found, now()


Wanted = Annotated[tuple[Reference, datetime], Depends(_wanted)]


@router.get("/categories", response_model=list[CategoryOut])
async def list_categories(request: Request, wanted: Wanted, active: bool | None = None) -> Response:
    """List the categories 大类、小类、立案条件, parents before children; `active`: those in force, or the others.

    Without a token the platform's own tenant's. `X-Configuration-Version` names the version.
    """
    reference, at = wanted
    shown = [CategoryOut.of(each, at) for each in reference.categories.values()]
    return _listed(request, reference, shown, active)


@router.get("/categories/{code}", response_model=CategoryOut)
async def show_category(code: str, request: Request, wanted: Wanted) -> Response:
    """Show a category with its questions, limits and gates."""
    reference, at = wanted
    found = reference.categories.get(code)
    if found is None:
        raise Problem(404, "category-not-found")
    return _answer(request, reference, CategoryOut.of(found, at).model_dump_json())


@router.get("/duty-lists", response_model=list[DutyItemOut])
async def list_duties(
    request: Request,
    wanted: Wanted,
    list_: Annotated[List | None, Query(alias="list", description="服务清单 or 管理清单.")] = None,
    active: bool | None = None,
) -> Response:
    """List the items of the duty lists 服务清单、管理清单: what is inspected, by which rule, how, how fast."""
    reference, at = wanted
    items = [each for each in reference.duty_items.values() if list_ in (None, each.list)]
    return _listed(request, reference, [DutyItemOut.of(each, at) for each in items], active)


@router.get("/sources", response_model=list[SourceOut])
async def list_sources(request: Request, wanted: Wanted, active: bool | None = None) -> Response:
    """List the sources of events 九大类事件来源, who may name them, and who may and must say what."""
    reference, at = wanted
    return _listed(request, reference, [SourceOut.of(each, at) for each in reference.sources.values()], active)


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


def _listed(request: Request, reference: Reference, items: Sequence[Item], active: bool | None) -> Response:
    shown = [each for each in items if active in (None, each.standing == "active")]
    return _answer(request, reference, b"[%s]" % b",".join(each.model_dump_json().encode() for each in shown))


def _answer(request: Request, reference: Reference, body: str | bytes) -> Response:
    response = cacheable(request, body, cache_control=_CACHE)
    response.headers["Vary"] = "Authorization"
    response.headers["X-Configuration-Version"] = str(reference.version)
    return response

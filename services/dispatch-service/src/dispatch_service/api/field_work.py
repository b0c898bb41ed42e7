"""What field work goes by: which photos a result needs, and from where a start is far."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from contracts.events import HandlingMode
from dispatch_service.api.clock_schemas import CategoryCode
from dispatch_service.api.deps import Administrator, Engine, ReadEngine, Staff
from dispatch_service.api.documents import facts, read, replace
from dispatch_service.api.problems import problem_of
from dispatch_service.api.setting_schemas import SettingView
from dispatch_service.domain.errors import DispatchError
from dispatch_service.domain.photos import PhotoRole
from dispatch_service.persistence.clock_settings import FIELD_WORK
from dispatch_service.persistence.documents import Document
from dispatch_service.service import field_work
from runtime.etag import IfMatch
from runtime.problems import PROBLEM_RESPONSES
from runtime.types import Integer

router = APIRouter(prefix="/field-work", tags=["field work"], responses=PROBLEM_RESPONSES)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PhotoRuleLine(_Strict):
    """Of each of `roles` a result has to have a photo; no category or handling mode stands for all of them.

    The lowest category that fits counts, then the handling mode.
    """

    category: CategoryCode | None = None
    handling_mode: HandlingMode | None = None
    roles: Annotated[list[PhotoRole], Field(max_length=len(PhotoRole))]


class FieldWorkBody(_Strict):
    """All of it. A start further from the complaint than `far_start_metres` is marked in the case.

    With `start_needs_position` one without a position is refused.
    """

    far_start_metres: Annotated[Integer, Field(ge=0, le=50_000)]
    start_needs_position: StrictBool = False
    photos: Annotated[list[PhotoRuleLine], Field(max_length=2000)]


class FieldWorkView(SettingView):
    """What is in force; `shipped` says that the tenant has set nothing of its own."""

    far_start_metres: int
    start_needs_position: bool = False
    photos: list[PhotoRuleLine]


@router.get("")
async def show_field_work(response: Response, caller: Staff, engine: ReadEngine) -> FieldWorkView:
    """Show which photos a result needs by category and handling mode, and from where a start is far."""
    return _view(response, await read(engine, caller, FIELD_WORK))


@router.put("")
async def replace_field_work(
    body: FieldWorkBody, response: Response, caller: Administrator, engine: Engine, if_match: IfMatch
) -> FieldWorkView:
    """Replace it as a whole; it counts for whatever is started and resolved from now on."""
    content = body.model_dump(mode="json")
    try:
        field_work.read(content)
    except DispatchError as error:
        raise problem_of(error) from error
    return _view(response, await replace(engine, caller, if_match, FIELD_WORK, content))


def _view(response: Response, setting: Document) -> FieldWorkView:
    content = field_work.default() if setting.content is None else setting.content
    shown = {**content, **facts(response, setting)}
    return FieldWorkView.model_validate(shown)

"""At which levels of the time to resolve a case supervision orders are given by rule 自动督办."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from dispatch_service.api.clock_schemas import Length
from dispatch_service.api.deps import Administrator, Engine, ReadEngine, Staff
from dispatch_service.api.documents import facts, read, replace
from dispatch_service.api.setting_schemas import SettingView
from dispatch_service.domain.stage_times import LEVELS, Level
from dispatch_service.persistence.clock_settings import SUPERVISION_RULE
from dispatch_service.persistence.documents import Document
from operations.problems import invalid
from runtime.etag import IfMatch
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/supervision-rule", tags=["limits and calendars"], responses=PROBLEM_RESPONSES)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LevelLine(_Strict):
    """A case that reaches this level (per cent of the time to resolve it) gets an order to be answered within a time
    that counts from then.
    """

    level: Level
    answer_within: Length


class SupervisionRuleBody(_Strict):
    """All levels, each once; without any, orders are given by hand only."""

    levels: Annotated[list[LevelLine], Field(max_length=len(LEVELS))]


class SupervisionRuleView(SettingView):
    """The rule in force; `shipped` says that the tenant has set none of its own."""

    levels: list[LevelLine]


@router.get("")
async def show_supervision_rule(response: Response, caller: Staff, engine: ReadEngine) -> SupervisionRuleView:
    """Show at which levels orders are given by rule; as shipped, at none."""
    return _view(response, await read(engine, caller, SUPERVISION_RULE))


@router.put("")
async def replace_supervision_rule(
    body: SupervisionRuleBody, response: Response, caller: Administrator, engine: Engine, if_match: IfMatch
) -> SupervisionRuleView:
    """Replace the rule. It counts for levels that are reached from then on; orders that were given stay."""
    levels = [line.level for line in body.levels]
    for place, level in enumerate(levels):
        if level in levels[:place]:
            raise invalid(f"/levels/{place}/level", "level-twice")
    rows = [line.model_dump(mode="json") for line in body.levels]
    return _view(response, await replace(engine, caller, if_match, SUPERVISION_RULE, rows))


def _view(response: Response, setting: Document) -> SupervisionRuleView:
    shown = {"levels": setting.content or [], **facts(response, setting)}
    return SupervisionRuleView.model_validate(shown)

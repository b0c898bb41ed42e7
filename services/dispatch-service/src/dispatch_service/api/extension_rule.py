"""How long extensions 延时 may be, and how many a round may have."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from dispatch_service.api.clock_schemas import Length
from dispatch_service.api.deps import Administrator, Engine, ReadEngine, Staff
from dispatch_service.api.documents import facts, read, replace
from dispatch_service.api.setting_schemas import SettingView
from dispatch_service.persistence.clock_settings import EXTENSION_RULE
from dispatch_service.persistence.documents import Document
from dispatch_service.service.request_rules import extension_rule_of
from runtime.etag import IfMatch
from runtime.problems import PROBLEM_RESPONSES
from runtime.types import Integer

router = APIRouter(prefix="/extension-rule", tags=["limits and calendars"], responses=PROBLEM_RESPONSES)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ExtensionRuleBody(_Strict):
    """`longest` counts from the promised time, `most` within a round; 0 for none at all."""

    longest: Length
    most: Annotated[Integer, Field(ge=0, le=10)]


class ExtensionRuleView(SettingView):
    """The rule in force; `shipped` says that the tenant has set none of its own."""

    longest: Length
    most: int


@router.get("")
async def show_extension_rule(response: Response, caller: Staff, engine: ReadEngine) -> ExtensionRuleView:
    """Show how long extensions may be, and how many a round may have."""
    return _view(response, await read(engine, caller, EXTENSION_RULE))


@router.put("")
async def replace_extension_rule(
    body: ExtensionRuleBody, response: Response, caller: Administrator, engine: Engine, if_match: IfMatch
) -> ExtensionRuleView:
    """Replace the rule. It counts for what is asked for from then on; what was granted stays."""
    return _view(response, await replace(engine, caller, if_match, EXTENSION_RULE, body.model_dump(mode="json")))


def _view(response: Response, setting: Document) -> ExtensionRuleView:
    rule = extension_rule_of(setting.content)
    return ExtensionRuleView(
        longest=Length(amount=rule.longest.amount, unit=rule.longest.unit),
        most=rule.most,
        **facts(response, setting),
    )

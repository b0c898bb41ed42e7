"""For how long a case may be laid aside 挂账 before it comes back by itself."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

from dispatch_service.api.clock_schemas import Length
from dispatch_service.api.deps import Administrator, Engine, ReadEngine, Staff
from dispatch_service.api.documents import facts, read, replace
from dispatch_service.api.setting_schemas import SettingView
from dispatch_service.persistence.clock_settings import SUSPENSION_RULE
from dispatch_service.persistence.documents import Document
from dispatch_service.service.request_rules import longest_suspension_of
from runtime.etag import IfMatch
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/suspension-rule", tags=["limits and calendars"], responses=PROBLEM_RESPONSES)


class SuspensionRuleBody(BaseModel):
    """`longest` counts from when it is asked for or, where no end is asked for, from the approval."""

    model_config = ConfigDict(extra="forbid")

    longest: Length


class SuspensionRuleView(SettingView):
    """The rule in force; `shipped` says that the tenant has set none of its own."""

    longest: Length


@router.get("")
async def show_suspension_rule(response: Response, caller: Staff, engine: ReadEngine) -> SuspensionRuleView:
    """Show for how long a case may be laid aside."""
    return _view(response, await read(engine, caller, SUSPENSION_RULE))


@router.put("")
async def replace_suspension_rule(
    body: SuspensionRuleBody, response: Response, caller: Administrator, engine: Engine, if_match: IfMatch
) -> SuspensionRuleView:
    """Replace the rule. It counts for what is asked for from then on; what was granted stays."""
    return _view(response, await replace(engine, caller, if_match, SUSPENSION_RULE, body.model_dump(mode="json")))


def _view(response: Response, setting: Document) -> SuspensionRuleView:
    longest = longest_suspension_of(setting.content)
    return SuspensionRuleView(
        longest=Length(amount=longest.amount, unit=longest.unit),
        **facts(response, setting),
    )

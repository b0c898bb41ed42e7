"""Reply templates 常用语: what is set, and what fits a case."""

from collections.abc import Collection, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from dispatch_service.api.clock_schemas import CategoryCode
from dispatch_service.api.deps import Administrator, Engine, ReadEngine, Staff
from dispatch_service.api.documents import facts, read, replace
from dispatch_service.api.problems import problem_of
from dispatch_service.api.setting_schemas import SettingView
from dispatch_service.domain.errors import CaseNotFound
from dispatch_service.domain.replies import PLACEHOLDERS, Writing, stranger_in
from dispatch_service.persistence import rule_references, written_cases
from dispatch_service.persistence.clock_settings import REPLIES
from dispatch_service.persistence.documents import Document
from dispatch_service.service import replies
from operations.problems import invalid
from runtime.etag import IfMatch
from runtime.problems import PROBLEM_RESPONSES, register_texts
from runtime.types import OneLine, saying_something

router = APIRouter(tags=["reply templates"], responses=PROBLEM_RESPONSES)

Template = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(saying_something)]

register_texts(
    {
        "unknown-placeholder": (
            "没有占位符 {given}，可用的有：{known}。",
            "There is no placeholder {given}; there are {known}.",
        )
    }
)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReplyLine(_Strict):
    """A template for what is written with an action; no category stands for all, one for those below it too.

    `{number}`, `{category}` and `{team}` are filled in for each case, and nothing else may stand in braces.
    """

    code: Annotated[OneLine, Field(min_length=1, max_length=64), AfterValidator(saying_something)]
    action: Writing
    category: CategoryCode | None = None
    zh: Template
    en: Template


class KeptReply(ReplyLine):
    """A template, as it was put."""

    code: str
    zh: str
    en: str


class RepliesBody(_Strict):
    """All templates of a tenant, in the order in which they are offered."""

    replies: Annotated[list[ReplyLine], Field(max_length=500)]


class RepliesView(SettingView):
    """The templates in force; `shipped` says that the tenant has set none of its own."""

    replies: list[KeptReply]


class CaseReply(BaseModel):
    """A template as it reads for a case."""

    code: str
    action: Writing
    category: str | None
    zh: str
    en: str


class CaseReplies(BaseModel):
    """The templates for a case: those for its own category first, then those for what lies above, then for all."""

    items: list[CaseReply]


@router.get("/replies")
async def show_replies(response: Response, caller: Staff, engine: ReadEngine) -> RepliesView:
    """Show all templates, with their placeholders."""
    return _view(response, await read(engine, caller, REPLIES))


@router.put("/replies")
async def replace_replies(
    body: RepliesBody, response: Response, caller: Administrator, engine: Engine, if_match: IfMatch
) -> RepliesView:
    """Replace all templates; they are offered from then on.

    422 `duplicate-code`, `unknown-placeholder`, and `unknown-category` for one that the tenant has not.
    """
    async with engine.connect() as connection:
        categories = await rule_references.categories(connection, caller.tenant)
    _check(body.replies, categories)
    rows = [line.model_dump(mode="json") for line in body.replies]
    return _view(response, await replace(engine, caller, if_match, REPLIES, rows))


@router.get("/cases/{complaint_id}/replies")
async def list_case_replies(
    complaint_id: UUID, caller: Staff, engine: ReadEngine, action: Writing | None = None
) -> CaseReplies:
    """List the templates for a case, filled in: for what its unit can do in its present state.

    With `action`, those for that action whatever the state: for devices that go offline before it is done.
    """
    async with engine.connect() as connection:
        try:
            case = await written_cases.read(connection, caller.tenant, complaint_id)
        except CaseNotFound as error:
            raise problem_of(error) from error
        found = await replies.for_case(connection, case, action)
    return CaseReplies(items=[CaseReply.model_validate(each, from_attributes=True) for each in found])


def _check(lines: Sequence[ReplyLine], categories: Collection[str]) -> None:
    codes: set[str] = set()
    for place, line in enumerate(lines):
        if line.code in codes:
            raise invalid(f"/replies/{place}/code", "duplicate-code")
        codes.add(line.code)
        if line.category is not None and line.category not in categories:
            raise invalid(f"/replies/{place}/category", "unknown-category", given=line.category)
        for language, text in (("zh", line.zh), ("en", line.en)):
            if (stranger := stranger_in(text)) is not None:
                known = ", ".join(PLACEHOLDERS)
                raise invalid(f"/replies/{place}/{language}", "unknown-placeholder", given=stranger, known=known)


def _view(response: Response, setting: Document) -> RepliesView:
    rows = replies.default() if setting.content is None else setting.content
    shown = {"replies": rows, **facts(response, setting)}
    return RepliesView.model_validate(shown)

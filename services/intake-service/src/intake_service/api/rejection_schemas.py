"""Rejecting a complaint, and the templates of the advice."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from intake_service.api.schemas import Request
from intake_service.domain.rejection import MOST_TEMPLATES, Reason, Template, Templates
from operations.documents import Kept

Words = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"\S")]


class AdviceIn(Request):
    """What the reporter should do instead; Chinese at least."""

    zh: Words
    en: Words | None = None


class RejectionIn(Request):
    """Why a complaint is rejected, and the advice: by a template or in words of one's own, one of the two."""

    reason: Reason
    template: Annotated[str, Field(max_length=40, description="As in /intake/v1/rejection-templates.")] | None = None
    department: Annotated[Words, Field(max_length=100)] | None = None
    advice: AdviceIn | None = None
    note: Annotated[Words | None, Field(description="For staff; the reporter does not see it.")] = None

    @model_validator(mode="after")
    def _advises_once(self) -> Self:
        if (self.template is None) is (self.advice is None):
            raise PydanticCustomError("template-or-advice", "Give a template or an advice")
        return self


class RejectionResult(BaseModel):
    """`rejected`, or `requested` while dispatch has not decided yet."""

    id: UUID
    status: str
    rejection: Literal["rejected", "requested"]
    version: int


class TemplateBody(Request):
    """A text for reporters; `{number}` and `{department}` are filled in."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    reason: Reason
    zh: Words
    en: Words


class TemplatesBody(Request):
    """All templates, in the order in which they are offered."""

    templates: Annotated[list[TemplateBody], Field(max_length=MOST_TEMPLATES)]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({each.code for each in self.templates}) < len(self.templates):
            raise PydanticCustomError("template-twice", "A code is given twice")
        return self

    def to_templates(self) -> Templates:
        """Return them for the domain."""
        return Templates({each.code: Template(each.code, each.reason, each.zh, each.en) for each in self.templates})


class TemplatesView(BaseModel):
    """The templates as they stand; version 0: those that are shipped."""

    templates: list[TemplateBody]
    version: int
    changed_at: datetime | None
    changed_by: str | None

    @classmethod
    def of(cls, kept: Kept[Templates]) -> Self:
        """Return them as they are shown."""
        return cls(
            templates=[TemplateBody.model_validate(each) for each in kept.settings.content()],
            version=kept.version,
            changed_at=kept.changed_at,
            changed_by=kept.changed_by,
        )

"""The configuration as clients read it: each item with what it has from the levels above."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from contracts.events import HandlingMode
from intake_service.domain.configuration.items import (
    Bilingual,
    DutyItem,
    Gate,
    Limit,
    Limits,
    List,
    Question,
)
from intake_service.domain.configuration.reference import KnownCategory, KnownSource, Span, Standing
from intake_service.domain.source_rules import Detail


class CategoryOut(BaseModel):
    """What complaints are about 大类、小类、立案条件, parents before children; `parent` is null at the top."""

    code: str
    zh: str
    en: str
    parent: str | None
    list: List
    legal_basis: str | None
    handling_mode: HandlingMode | None
    limits: Limits
    gates: Annotated[Sequence[Gate] | None, Field(description="Null: as the closing rules have it.")]
    needs_photo: bool
    advice: Annotated[Bilingual | None, Field(description="Not for this platform: what to do instead.")]
    questions: Annotated[
        Sequence[Question], Field(description="With those of the levels above; answer in `attributes`")
    ]
    standing: Standing
    active_from: datetime | None
    active_to: datetime | None

    @classmethod
    def of(cls, category: KnownCategory, at: datetime) -> Self:
        """Return it as it stands at a moment."""
        return cls(
            code=category.code,
            zh=category.zh,
            en=category.en,
            parent=category.parent,
            list=category.list,
            legal_basis=category.legal_basis,
            handling_mode=category.handling_mode,
            limits=category.limits,
            gates=category.gates,
            needs_photo=category.needs_photo,
            advice=category.advice,
            questions=category.questions,
            standing=category.span.at(at),
            active_from=category.span.begins,
            active_to=category.span.ends,
        )


class SourceOut(BaseModel):
    """Where complaints come from 事件来源; `roles` may name it, and its reports may or must say these details."""

    code: str
    zh: str
    en: str
    proactive: bool
    roles: list[str]
    takes: list[Detail]
    demands: list[Detail]
    demands_of: Annotated[dict[str, list[Detail]], Field(description="Of callers with that role, too.")]
    standing: Standing
    active_from: datetime | None
    active_to: datetime | None

    @classmethod
    def of(cls, source: KnownSource, at: datetime) -> Self:
        """Return it as it stands at a moment."""
        return cls(
            code=source.code,
            zh=source.zh,
            en=source.en,
            proactive=source.proactive,
            roles=sorted(source.roles),
            takes=sorted(source.takes),
            demands=sorted(source.demands),
            demands_of={role: sorted(details) for role, details in source.demands_of.items()},
            standing=source.span.at(at),
            active_from=source.span.begins,
            active_to=source.span.ends,
        )


class DutyItemOut(BaseModel):
    """An item of a duty list: what is done or inspected, the rule, the first handling mode, the limit."""

    code: str
    zh: str
    en: str
    list: List
    category: str | None
    subject: Bilingual | None
    legal_basis: str | None
    handling_mode: HandlingMode | None
    limit: Limit | None
    standing: Standing
    active_from: datetime | None
    active_to: datetime | None

    @classmethod
    def of(cls, item: DutyItem, at: datetime) -> Self:
        """Return it as it stands at a moment."""
        facts = {name: getattr(item, name) for name in cls.model_fields if name != "standing"}
        return cls(standing=Span(item.active_from, item.active_to).at(at), **facts)

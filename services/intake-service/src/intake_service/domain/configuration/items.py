"""What a version of the configuration holds, as it is written in YAML and JSON. A code never changes its meaning."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictFloat, StrictInt
from pydantic_core import PydanticCustomError

from contracts.categories import levels_of
from contracts.events import HandlingMode
from contracts.roles import Role
from intake_service.domain.source_rules import Detail

MOST_CATEGORIES = 2000
MOST_DUTY_ITEMS = 2000
MOST_SOURCES = 100
MOST_QUESTIONS = 50
MOST_CHOICES = 200


def _day(value: object) -> object:
    """Let dates through, and texts like 2026-05-01; pydantic would also take seconds since 1970."""
    if isinstance(value, str):
        return date.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise PydanticCustomError("date_parsing", "no day")


def _trimmed(value: object) -> object:
    """Take blanks at the ends away: no cell of a sheet keeps them."""
    return value.strip() if isinstance(value, str) else value


CODE = r"[a-z][a-z0-9_]{0,39}"
Code = Annotated[str, Field(pattern=rf"^{CODE}$")]
CategoryCode = Annotated[str, Field(max_length=64, pattern=rf"^{CODE}(\.{CODE}){{0,2}}$")]
"""Up to three levels 大类、小类、立案条件, parted by dots: the category above is a part of the code."""
Name = Annotated[
    str,
    Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$"),
    BeforeValidator(_trimmed),
]
Text = Annotated[
    str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$"), BeforeValidator(_trimmed)
]
Bound = StrictInt | Annotated[StrictFloat, Field(allow_inf_nan=False)] | Annotated[date, BeforeValidator(_day)]

List = Literal["service", "management"]
"""服务清单, 管理清单."""
Gate = Literal["verification", "follow_up"]
"""What has to be passed before a complaint is closed: 核查, 回访."""
Unit = Literal["hours", "days", "working_hours", "working_days"]
Stage = Literal["accept", "on_site", "resolve"]
QuestionType = Literal["text", "number", "yes_no", "single_choice", "multiple_choice", "date"]


class Item(BaseModel):
    """A part of the configuration: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Bilingual(Item):
    """A text in both languages."""

    zh: Text
    en: Text


class Limit(Item):
    """How long something may take."""

    amount: Annotated[StrictInt, Field(ge=1, le=2000)]
    unit: Unit


class Limits(Item):
    """How long the stages of the work may take; null: as the category above, else as dispatch has it."""

    accept: Limit | None = None
    on_site: Limit | None = None
    resolve: Limit | None = None


class Stop(Bilingual):
    """An answer that makes a report none for this platform, with the advice 劝导 to give."""

    answer: StrictBool | Annotated[str, Field(max_length=100)]


class Choice(Item):
    """What may be answered."""

    code: Code
    zh: Name
    en: Name


def exceeds(one: object, other: object) -> bool:
    """Say whether a measure is more than another: of two dates, or of two numbers; nothing else is."""
    if isinstance(one, date) and isinstance(other, date):
        return one > other
    return isinstance(one, int | float) and isinstance(other, int | float) and one > other


class Question(Item):
    """What is asked about complaints of a category; answers come as `attributes`."""

    name: Code
    zh: Name
    en: Name
    type: QuestionType
    required: StrictBool = False
    min: Bound | None = Field(default=None, union_mode="left_to_right")
    """The least: a number, a date, of a text the length, of a multiple choice how many."""
    max: Bound | None = Field(default=None, union_mode="left_to_right")
    choices: Annotated[tuple[Choice, ...], Field(max_length=MOST_CHOICES)] = ()
    stops: Annotated[tuple[Stop, ...], Field(max_length=MOST_CHOICES)] = ()


class Dated(Item):
    """What is there from a time to another."""

    active_from: AwareDatetime | None = None
    active_to: AwareDatetime | None = None
    """From then on it is retired."""


class Category(Dated):
    """What complaints are about 大类、小类、立案条件. What is null here is as it is one level up."""

    code: CategoryCode
    zh: Name
    en: Name
    list: List | None = None
    legal_basis: Text | None = None
    handling_mode: HandlingMode | None = None
    """The usual one."""
    limits: Limits = Limits()
    gates: Annotated[tuple[Gate, ...], Field(max_length=2)] | None = None
    needs_photo: StrictBool | None = None
    advice: Bilingual | None = None
    """Reports of it are out of scope: this is what to do instead."""
    questions: Annotated[tuple[Question, ...], Field(max_length=MOST_QUESTIONS)] = ()

    @property
    def parent(self) -> str | None:
        """The code of the category above, None at the top."""
        return self.code.rpartition(".")[0] or None


def ancestors(category: Category, known: dict[str, Category]) -> Iterator[Category]:
    """Return the categories above, the next one first."""
    return (known[code] for code in levels_of(category.parent) if code in known)


class DutyItem(Dated):
    """An item of the service list 服务清单 or of the management list 管理清单."""

    code: Code
    zh: Name
    en: Name
    list: List
    category: CategoryCode | None = None
    subject: Bilingual | None = None
    """What is done, or inspected."""
    legal_basis: Text | None = None
    """The rule that it rests on."""
    handling_mode: HandlingMode | None = None
    """The first one."""
    limit: Limit | None = None


class Source(Dated):
    """Where complaints come from 事件来源."""

    code: Code
    zh: Name
    en: Name
    proactive: StrictBool
    """True for 未诉先办: found by the bureau before anyone complained."""
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    """Callers with one of these roles may name this source."""
    takes: tuple[Detail, ...] = ()
    """What its reports may say beside what any report says."""
    demands: tuple[Detail, ...] = ()
    """What of that they must say."""
    demands_of: Mapping[Role, tuple[Detail, ...]] = {}
    """What callers with that role and no other that may name the source must say too."""


class Configuration(Item):
    """A version as a whole."""

    categories: Annotated[tuple[Category, ...], Field(min_length=1, max_length=MOST_CATEGORIES)]
    duty_items: Annotated[tuple[DutyItem, ...], Field(max_length=MOST_DUTY_ITEMS)] = ()
    sources: Annotated[tuple[Source, ...], Field(min_length=1, max_length=MOST_SOURCES)]

    def content(self) -> dict[str, Any]:
        """Return it as JSON values; what an item does not say is left out."""
        return self.model_dump(mode="json", exclude_defaults=True)

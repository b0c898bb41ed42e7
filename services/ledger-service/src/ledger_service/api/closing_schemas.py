"""Closing rules as JSON."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from ledger_service.domain.closing_rules import DEFAULT, AfterBadWord, Gate, QuestionType, Rule
from ledger_service.persistence.closing_rules import KeptRules
from runtime.types import Integer

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Category = Annotated[str, Field(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)*$", max_length=100)]
Short = Annotated[str, Field(min_length=1, max_length=200)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)


class QuestionBody(_Part):
    """A question of the script that callers go by."""

    code: Code
    zh: Short
    en: Short
    type: QuestionType
    choices: Annotated[list[Short], Field(max_length=20, description="Of a `choice`: two at least.")] = []
    highest: Annotated[Integer, Field(ge=2, le=10, description="Of a `scale`, which begins at 1.")] = 5
    required: StrictBool = False


class CallsBody(_Part):
    """How reporters are called 回访."""

    due_hours: Annotated[Integer, Field(ge=1, le=720, description="From the verification, or the closing.")] = 24
    attempts: Annotated[Integer, Field(ge=1, le=10, description="Then the reporter counts as not reached.")] = 3
    unreachable: Annotated[
        Literal["pass", "supervisor"],
        Field(description="What becomes of the gate then: it passes, or a supervisor decides."),
    ] = "pass"
    sampled_percent: Annotated[
        Integer, Field(ge=0, le=100, description="Of closed complaints: how many are called, where none has to be.")
    ] = 0
    script: Annotated[list[QuestionBody], Field(max_length=30)] = []


class EvidenceBody(_Part):
    """What a passed verification has to show."""

    methods: Annotated[list[Literal["on_site", "photo", "call"]], Field(min_length=1, max_length=3)] = [
        "on_site",
        "photo",
        "call",
    ]
    photos: Annotated[Integer, Field(ge=0, le=20, description="At least so many.")] = 0
    position: StrictBool = False


class RuleBody(_Part):
    """How complaints of a category and of some sources are closed."""

    category: Annotated[Category | None, Field(description="With all levels below it; null: any.")] = None
    sources: Annotated[list[Code], Field(max_length=20, description="None: any.")] = []
    gates: Annotated[
        list[Gate] | None,
        Field(
            max_length=2,
            description="Null: what the category says in intake's configuration, else `verification`. "
            "Without `verification`, every result is verified by rule.",
        ),
    ] = None
    self_handled_by_rule: Annotated[
        StrictBool, Field(description="What was handled on the spot 自处理 is verified by rule.")
    ] = True
    evidence: EvidenceBody = EvidenceBody()
    calls: CallsBody = CallsBody()
    after_bad_word: Annotated[
        AfterBadWord,
        Field(description="After `dissatisfied` or not solved: nothing, a supervisor's review, or another round."),
    ] = "none"
    review_hours: Annotated[Integer, Field(ge=1, le=720)] = 48

    @classmethod
    def of(cls, rule: Rule) -> Self:
        """Return a rule as it is shown."""
        return cls.model_validate(rule)


class RulesBody(_Part):
    """All rules, in order: the first that fits a complaint decides."""

    rules: Annotated[list[RuleBody], Field(max_length=200)]

    def content(self) -> list[dict[str, Any]]:
        """Return them as they are kept; a rule that leaves the gates to the category has none."""
        kept = [rule.model_dump(mode="json") for rule in self.rules]
        return [{name: value for name, value in rule.items() if (name, value) != ("gates", None)} for rule in kept]


class CategoryGates(BaseModel):
    """The gates that a category says in intake's configuration, for it and those below it that say none."""

    category: str
    gates: list[Gate]


class RulesView(BaseModel):
    """A version of the rules; `shipped`: the tenant has put none. `version` is the number in the `ETag`."""

    version: int
    shipped: bool
    rules: list[RuleBody]
    otherwise: Annotated[RuleBody, Field(description="What counts where no rule fits.")] = RuleBody.of(DEFAULT)
    of_categories: Annotated[
        list[CategoryGates], Field(description="Count before the gates of `otherwise`, and where a rule says none.")
    ]
    in_force_from: Annotated[datetime | None, Field(description="For rounds that begin at or after this moment.")]
    changed_at: datetime | None
    changed_by: str | None

    @classmethod
    def of(cls, kept: KeptRules) -> Self:
        """Return it as it is shown."""
        return cls(
            version=kept.version,
            shipped=kept.version == 0,
            rules=[RuleBody.model_validate(each) for each in kept.content],
            of_categories=[
                CategoryGates.model_validate({"category": code, "gates": gates})
                for code, gates in sorted((kept.gates or {}).items())
            ],
            in_force_from=kept.in_force_from,
            changed_at=kept.changed_at,
            changed_by=kept.changed_by,
        )


class VersionView(BaseModel):
    """A version of the rules without them."""

    version: int
    count: Annotated[int, Field(description="How many rules it has.")]
    in_force_from: datetime
    changed_at: datetime
    changed_by: str

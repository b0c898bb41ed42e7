"""Rules, their versions and what became of them, as they are shown."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from dispatch_service.api.rule_schemas import Rules, RuleView
from runtime.types import Instant, Integer


class DraftView(BaseModel):
    """The rules that are worked on; `in_force` is the version that routing goes by, null where none is published."""

    in_force: int | None
    changed_at: datetime | None
    changed_by: str | None
    rules: list[RuleView]


class VersionView(BaseModel):
    """A published set; the highest version is in force. `count` is the number of its rules."""

    version: int
    count: int
    note: str | None
    published_at: datetime
    published_by: str


class WholeVersionView(VersionView):
    """A published set with its rules, as they were given."""

    rules: list[dict[str, Any]]


class RuleStateView(BaseModel):
    """What became of a rule in force: how many cases it has fitted, and whether it has been switched off, and why."""

    code: str
    enabled: bool
    matches: int
    last_match_at: datetime | None
    off_since: datetime | None
    off_reason: str | None


class StateView(BaseModel):
    """The rules in force, in order; `version` is null where none are published."""

    version: int | None
    published_at: datetime | None
    rules: list[RuleStateView]


class TrialBody(BaseModel):
    """Cases received from `from` until before `to`, the newest `most` of them; no rules: those of the draft."""

    model_config = ConfigDict(extra="forbid")

    begin: Instant = Field(alias="from")
    end: Instant = Field(alias="to")
    most: Annotated[Integer, Field(ge=1, le=20_000)] = 5_000
    samples: Annotated[Integer, Field(ge=0, le=20)] = 5
    rules: Rules | None = None


class SampleView(BaseModel):
    """A case that a rule fits: what it has now, and what it would have got.

    `instead_of_then` is the team that would have got it, had somebody of it been on duty.
    """

    complaint_id: UUID
    number: str
    team: str
    team_then: str
    instead_of_then: str | None
    grade: str
    grade_then: str
    supporting_then: list[str]


class RuleTrialView(BaseModel):
    """What a rule would have done. `decided` counts the cases that it would have named the team of, or left to the
    grid; `changed` those of `matched` that have another team or grade now. Samples of changed cases come first.
    """

    code: str
    matched: int
    decided: int
    changed: int
    fault: str | None
    """Why the rule was switched off in the course of it."""
    samples: list[SampleView]


class TrialView(BaseModel):
    """What rules would have done with past cases; `capped` says that there are more than were tried.

    `unmatched` cases fit no rule. `changed` cases have another team or grade now than they would have got.
    """

    cases: int
    capped: bool
    unmatched: int
    changed: int
    rules: list[RuleTrialView]

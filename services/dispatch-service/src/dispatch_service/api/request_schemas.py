"""Requests of units and supervision orders as JSON."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from dispatch_service.api.written import Text
from dispatch_service.domain.requests import RequestKind
from dispatch_service.domain.stage_times import Level
from runtime.types import Instant

RequestState = Literal["open", "approved", "refused", "dropped"]
"""`dropped`: the unit that has asked had the case no longer before somebody has decided."""


class RequestView(BaseModel):
    """What a unit has asked for. `until` is for extensions and suspensions, `proposed_team` for returns; `note` is the
    dispatcher's.

    `lapsed_at`: since then an extension holds no more, for the case got another grade; or a suspension, for it was over
    and the case came back by itself.
    """

    id: UUID
    complaint_id: UUID
    kind: RequestKind
    state: RequestState
    reason: str
    until: datetime | None
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    note: str | None
    team: str | None
    proposed_team: str | None
    lapsed_at: datetime | None


class OrderView(BaseModel):
    """A supervision order 督办 and the unit's reply; one that was withdrawn needs none.

    `overdue_since` is its deadline where that is over and no reply has come. `late` says whether the reply came after
    it; null without one. `missed_at` is when whoever has given it was told. One that was given by rule 自动督办
    (`ordered_by`: `rule`) says at which `level` of the time to resolve the case; null where a supervisor has given it.
    """

    id: UUID
    text: str
    deadline: datetime
    ordered_by: str
    ordered_at: datetime
    reply: str | None
    replied_by: str | None
    replied_at: datetime | None
    late: bool | None
    overdue_since: datetime | None
    missed_at: datetime | None
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    withdrawal_reason: str | None
    level: Level | None

    @classmethod
    def among(cls, orders: Sequence[Mapping[str, Any]], at: datetime) -> list[Self]:
        """Return the orders about a case, as they stand `at` a moment."""
        return [cls.model_validate({**row, "late": None, "overdue_since": None})._standing(at) for row in orders]

    def _standing(self, at: datetime) -> Self:
        if self.replied_at is not None:
            return self.model_copy(update={"late": self.replied_at > self.deadline})
        is_over = self.withdrawn_at is None and self.deadline < at
        return self.model_copy(update={"overdue_since": self.deadline if is_over else None})


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReasonBody(_Body):
    """Why."""

    reason: Text


class ExtensionBody(_Body):
    """Why, and until when: later than the promised time, by no more than `/extension-rule` says."""

    reason: Text
    until: Instant


class SuspensionBody(_Body):
    """Why, and until when at the latest: no longer than `/suspension-rule` says, which counts where none is given."""

    reason: Text
    until: Instant | None = None


class ReturnBody(_Body):
    """Why the unit gives the case back, and which unit it thinks should have it."""

    reason: Text
    proposed_team: Annotated[str | None, Field(min_length=1, max_length=64)] = None


class ApprovalBody(_Body):
    """Whether it is approved; `team` is the unit that gets a case with the approval of its return."""

    approved: Annotated[bool, Field(strict=True)]
    team: Annotated[str | None, Field(min_length=1, max_length=64)] = None
    note: Text | None = None


class OrderBody(_Body):
    """What the unit has to do, and by when it has to answer: a year from now at most."""

    text: Text
    deadline: Instant


class ReplyBody(_Body):
    """The unit's answer."""

    text: Text

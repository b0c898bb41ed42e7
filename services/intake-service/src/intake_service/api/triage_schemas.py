"""The triage queue as it is shown and filtered."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field

from intake_service.api.rejection_schemas import Words
from intake_service.api.schemas import Request
from intake_service.domain.triage_rules import Reason
from intake_service.persistence.triage import QueueFilter, State
from runtime.paging import DEFAULT_LIMIT, MAX_LIMIT

Claimed = Literal["me", "nobody", "others"]


class QueueQuery(Request):
    """Which part of the queue is asked for."""

    state: State = "waiting"
    reason: Reason | None = None
    rule: Annotated[str | None, Field(max_length=40)] = None
    held: bool | None = None
    claimed: Claimed | None = None
    source: Annotated[str | None, Field(max_length=50)] = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="Items on a page.")] = DEFAULT_LIMIT
    cursor: Annotated[str | None, Field(max_length=1024, description="From the `Link` of the page before.")] = None

    def wanted(self) -> QueueFilter:
        """Return it without the page."""
        return QueueFilter(self.state, self.reason, self.rule, self.held, self.claimed, self.source)


class Suspected(BaseModel):
    """Why it is there; without a rule somebody has put it there."""

    rule: str | None
    reason: str
    action: str
    zh: str | None = None
    en: str | None = None


class TriageItem(BaseModel):
    """A complaint in the queue."""

    id: UUID
    number: str
    status: str
    complaint_version: Annotated[int, Field(description="For `If-Match` where the complaint itself is changed.")]
    source: str
    category: str | None
    suggested_category: str | None
    suggested_confidence: float | None
    description: str
    received_at: datetime
    state: State
    version: int
    reasons: list[Suspected]
    rules_version: int | None
    held: bool
    goes_on_at: Annotated[datetime | None, Field(description="When it goes on by itself, where it is held.")]
    flagged_at: datetime
    claimed_by: str | None
    claimed_at: datetime | None
    outcome: str | None
    settled_at: datetime | None

    @classmethod
    def of(cls, row: Any) -> Self:
        """Return a row of the queue as it is shown."""
        return cls.model_validate({**row._mapping, "id": row.complaint_id})


class TriageStep(BaseModel):
    """What happened to it in triage, when, and by whom; `by` is null where its complaint has ended."""

    step: str
    at: datetime
    by: str | None = None
    reason: str | None = None
    note: str | None = None


class TriageDetail(TriageItem):
    """A complaint in the queue, with all that happened to it there, oldest first."""

    steps: list[TriageStep]


class Ages(BaseModel):
    """How many wait since when."""

    up_to_1_hour: int
    up_to_4_hours: int
    up_to_24_hours: int
    longer: int


class TriageCounts(BaseModel):
    """How much waits. A complaint counts under each of its reasons."""

    waiting: int
    held: int
    claimed: int
    oldest_at: datetime | None
    by_reason: dict[str, int]
    by_age: Ages

    @classmethod
    def of(cls, row: Any) -> Self:
        """Return them from the row."""
        ages = Ages(
            up_to_1_hour=row.hour,
            up_to_4_hours=row.four_hours - row.hour,
            up_to_24_hours=row.day - row.four_hours,
            longer=row.waiting - row.day,
        )
        facts = {name: getattr(row, name) for name in ("waiting", "held", "claimed", "oldest_at", "by_reason")}
        return cls(**facts, by_age=ages)


class ReleaseIn(Request):
    """It is no spam, nor abuse: what is known of it, for staff."""

    note: Words | None = None


class TriageIn(Request):
    """Why somebody should look at it."""

    reason: Reason
    note: Words | None = None

"""Follow-up tasks as JSON, and what callers and supervisors say of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr

from contracts.closing_events import FollowUpOutcome, Satisfaction
from contracts.lifecycle import Status
from ledger_service.api.closing_schemas import QuestionBody
from ledger_service.api.schemas import Text
from ledger_service.domain.calls import Call
from ledger_service.domain.follow_ups import Decision, Kind, State
from runtime.types import FiniteFloat, Instant

AnswerText = Annotated[StrictStr, Field(max_length=2000)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TaskComplaint(BaseModel):
    """What the task is about."""

    id: UUID
    number: str
    status: Status
    category: str | None
    source: str
    community: str | None
    contact: Annotated[
        str, Field(description="Where operators find the reporter's phone number: it never leaves intake.")
    ]


class TaskView(BaseModel):
    """A task 回访任务. `version` is the number in the `ETag`."""

    id: UUID
    complaint: TaskComplaint
    round: int
    kind: Annotated[
        Kind,
        Field(description="`gate`: before the closing. `sample`, `manual`: after it. `review`: for a supervisor."),
    ]
    state: Annotated[
        State, Field(description="`supervisor`: nobody was reached, and a supervisor decides. `dropped`: not needed.")
    ]
    version: int
    created_at: datetime
    due_at: datetime
    overdue: bool
    attempts: int
    most_attempts: int
    outcome: Annotated[FollowUpOutcome | None, Field(description="Of the newest call.")]
    next_at: Annotated[datetime | None, Field(description="When to try again; null: at any time.")]
    claimed_by: Annotated[str | None, Field(description="Who is at it; null once the claim has run out.")]
    claimed_until: datetime | None
    asked_by: Annotated[str | None, Field(description="Who wants it; null: a rule.")]
    note: str | None
    done_at: datetime | None
    decision: Decision | None
    decided_by: str | None
    reason: str | None

    @classmethod
    def of(cls, row: Mapping[str, Any], now: datetime) -> Self:
        """Return a row of `persistence.follow_ups` as it is shown."""
        return cls.model_validate(task_facts(row, now))


class CallView(BaseModel):
    """A call that was made."""

    at: datetime
    actor: str
    attempt: int
    outcome: FollowUpOutcome
    satisfaction: Satisfaction | None = None
    solved: bool | None = None
    answers: Annotated[
        dict[str, str | float | bool] | None, Field(description="Null for analysts and administrators, as `note`.")
    ] = {}
    note: str | None = None


class TaskStory(TaskView):
    """A task with its calls, and the questions to ask."""

    calls: list[CallView]
    script: Annotated[list[QuestionBody], Field(description="Of the rules that the complaint's round goes by.")]

    @classmethod
    def told(
        cls, row: Mapping[str, Any], calls: Sequence[CallView], script: Sequence[QuestionBody], now: datetime
    ) -> Self:
        """Return it with both."""
        return cls.model_validate({**task_facts(row, now), "calls": calls, "script": script})


class WishBody(_Body):
    """Why somebody wants the reporter called, and by when, where the rules shall not say."""

    note: Text
    due_at: Instant | None = None


class AttemptBody(_Body):
    """How a call went. What the reporter said goes with `reached` only."""

    outcome: FollowUpOutcome
    satisfaction: Satisfaction | None = None
    solved: StrictBool | None = None
    answers: Annotated[
        dict[str, StrictBool | FiniteFloat | AnswerText] | None,
        Field(max_length=30, description="To the questions of the script, by their codes."),
    ] = None
    note: Annotated[Text | None, Field(description="What the reporter said, in their words; needed if not solved.")] = (
        None
    )
    next_at: Annotated[Instant | None, Field(description="When to try again.")] = None

    def call(self, actor: str) -> Call:
        """Return it for the domain."""
        return Call(actor=actor, **self.model_dump())


class DecisionBody(_Body):
    """What a supervisor decides, and why."""

    decision: Annotated[
        Decision,
        Field(description="Of a review: `reopen` or `leave`. Where nobody was reached: `close` or `rework`."),
    ]
    reason: Text


def task_facts(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return what a task shows of its row."""
    is_claimed = row["claimed_until"] is not None and row["claimed_until"] > now
    claim = {name: row[name] if is_claimed else None for name in ("claimed_by", "claimed_until")}
    complaint = {**row, "id": row["complaint_id"], "contact": f"/intake/v1/complaints/{row['complaint_id']}"}
    return {
        **row,
        **claim,
        "complaint": complaint,
        "overdue": row["done_at"] is None and row["due_at"] < now,
    }

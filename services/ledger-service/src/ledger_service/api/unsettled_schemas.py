"""What is not settled, and the accounts it was found by."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.lifecycle import Status
from ledger_service.domain.unsettled import REASON_NAMES, Reason
from ledger_service.service.accounting import OTHERS, OWN
from runtime.types import Instant

Why = Literal["parked", "waiting", "set_aside", "not_entered", "not_applied"]
ServiceName = Literal["intake", "dispatch", "ledger"]


class UnsettledView(BaseModel):
    """One complaint that has no place, and one reason why. What the ledger does not know of it is null."""

    complaint_id: UUID
    number: str | None
    status: Status | None
    reason: Reason
    zh: str
    en: str
    since: Annotated[datetime, Field(description="Of `overdue`, the promised time.")]
    service: Annotated[ServiceName | None, Field(description="Where its events lie or are missing.")]
    why: Annotated[Why | None, Field(description="What is the matter with these events.")]
    event_id: Annotated[UUID | None, Field(description="The first of them.")]
    events: int | None
    received_at: datetime | None
    promised_at: datetime | None
    category: str | None
    community: str | None
    grid: str | None
    team: str | None
    team_name: str | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return a line as it is shown."""
        zh, en = REASON_NAMES[Reason(row["reason"])]
        return cls(zh=zh, en=en, **{name: row[name] for name in cls.model_fields if name not in ("zh", "en")})


class ReasonCount(BaseModel):
    """How many complaints are unsettled for a reason."""

    reason: Reason
    zh: str
    en: str
    complaints: int
    since: Annotated[datetime | None, Field(description="Of the longest unsettled.")]


class UnsettledSummary(BaseModel):
    """件件有着落: whether every matter has its place."""

    settled: Annotated[bool, Field(description="Nothing is unsettled, for whatever reason.")]
    reasons: list[ReasonCount]
    stated_at: Annotated[
        dict[str, datetime | None],
        Field(description="When each of the other services stated its accounts: `parked` and `stuck` are of then."),
    ]

    @classmethod
    def of(cls, counts: Mapping[Reason, tuple[int, datetime]], stated: Mapping[str, datetime]) -> Self:
        """Return it with all reasons, also those that nothing has."""
        reasons = []
        for reason, (zh, en) in REASON_NAMES.items():
            complaints, since = counts.get(reason, (0, None))
            reasons.append(ReasonCount(reason=reason, zh=zh, en=en, complaints=complaints, since=since))
        return cls(settled=not counts, reasons=reasons, stated_at={name: stated.get(name) for name in OTHERS})


class Question(BaseModel):
    """What to ask about."""

    model_config = ConfigDict(extra="forbid")

    made_from: Annotated[
        Instant | None, Field(alias="from", description="Events made from then on; a day ago by default.")
    ] = None


class StatementView(BaseModel):
    """What a service stated. `hours_unlisted` are those that differ in more events than a statement can list."""

    service: str
    stated_at: datetime
    published: int
    applied: int
    hours_differing: int
    hours_unlisted: int
    stuck: Annotated[int, Field(description="Complaints of which events did not get through.")]
    parked_messages: int


class ReconciliationView(BaseModel):
    """One reconciliation 对账: what was asked, and what the services have stated so far."""

    id: UUID
    asked_at: datetime
    asked_by: Annotated[str | None, Field(description="Null for the hourly ones.")]
    until: Annotated[datetime, Field(description="Events made later are left out.")]
    made_from: datetime
    hours: int
    entered: Annotated[int, Field(description="Entries of the ledger in these hours.")]
    state: Literal["waiting", "complete"]
    agrees: Annotated[
        bool | None,
        Field(description="Whether all differed in nothing and had nothing parked; null while one has to answer."),
    ]
    parked_messages: Annotated[
        int | None, Field(description="At the ledger, when the last of the others answered; null before.")
    ]
    statements: list[StatementView]

    @classmethod
    def of(cls, row: Mapping[str, Any], statements: Sequence[Mapping[str, Any]]) -> Self:
        """Return it with those of `statements` that are about it."""
        stated = {each["service"]: each for each in statements if each["reconciliation"] == row["id"]}
        is_complete = stated.keys() >= set(OTHERS)
        differs = any(each["hours_unlisted"] or each["stuck"] or each["parked_messages"] for each in stated.values())
        shown = [each for name, each in stated.items() if name != OWN]
        return cls(
            id=row["id"],
            asked_at=row["asked_at"],
            asked_by=row["asked_by"],
            until=row["until"],
            made_from=row["hours"][0],
            hours=len(row["hours"]),
            entered=row["entered"],
            state="complete" if is_complete else "waiting",
            agrees=not differs if is_complete else None,
            parked_messages=stated[OWN]["parked_messages"] if OWN in stated else None,
            statements=[StatementView(**{name: each[name] for name in StatementView.model_fields}) for each in shown],
        )

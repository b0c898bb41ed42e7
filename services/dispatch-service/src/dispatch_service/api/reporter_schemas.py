"""What a case shows of what its reporter has added, and was asked."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from contracts.events import Place, Speaker


class SupplementView(BaseModel):
    """What the reporter has added 补充材料, with attachments of intake."""

    id: UUID
    by: Speaker
    text: str
    location: Place | None
    attachments: list[UUID]
    at: datetime


class QuestionView(BaseModel):
    """What the reporter was asked; the clock waited from `waited_from` until `waited_until`, if at all."""

    id: UUID
    text: str
    asked_by: str
    asked_at: datetime
    lapses_at: datetime
    outcome: Literal["answered", "lapsed"] | None
    answer: str | None
    attachments: list[UUID]
    ended_at: datetime | None
    waited_from: datetime | None
    waited_until: datetime | None

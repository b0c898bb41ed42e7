"""Words without an account as JSON, and the links that they come by."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from contracts.events import Satisfaction
from contracts.lifecycle import Status
from ledger_service.api.schemas import LabelView, Text
from runtime.types import Integer


class WordBody(BaseModel):
    """The reporter's word: 满意、基本满意、不满意, and whether the matter is solved."""

    model_config = ConfigDict(extra="forbid")

    satisfaction: Satisfaction
    solved: StrictBool
    comment: Text | None = None


class CodeBody(WordBody):
    """The same with the number and the query code of the receipt."""

    number: Annotated[str, Field(min_length=1, max_length=100)]
    query_code: Annotated[str, Field(min_length=1, max_length=100)]


class LinkBody(BaseModel):
    """For how long the link shall be good."""

    model_config = ConfigDict(extra="forbid")

    valid_days: Annotated[Integer, Field(ge=1, le=30)] = 14


class LinkView(BaseModel):
    """A link 评价链接 that can be sent to the reporter: whoever has it may give their word on this round."""

    token: str
    path: Annotated[str, Field(description="Behind the address at which reporters reach the ledger.")]
    round: int
    expires_at: datetime


class HeardView(BaseModel):
    """What was heard."""

    number: str
    satisfaction: Satisfaction
    solved: bool


class AskedView(BaseModel):
    """What a reporter is asked about: the complaint and its result, without personal data."""

    number: str
    category: str | None
    status: Status
    status_label: LabelView
    closed_at: datetime | None
    handling_mode: str | None
    result: Annotated[str | None, Field(description="What was done, in the officer's words.")]
    rated: Annotated[bool, Field(description="The word of this round is given.")]
    expires_at: datetime

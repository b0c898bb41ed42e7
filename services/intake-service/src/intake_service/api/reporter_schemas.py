"""Request and response models of what reporters see and say."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StrictBool

from contracts.events import HandlingMode, Place
from intake_service.api.schemas import Request
from intake_service.api.view_schemas import Step
from intake_service.domain.attachment import PhotoRole
from intake_service.domain.reporting import LONGEST_QUESTION, LONGEST_TEXT, Words
from intake_service.domain.standing import Doing, Light
from operations.locations import LocationIn
from runtime.types import saying_something

Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT), AfterValidator(saying_something)]
QueryCode = Annotated[str, Field(min_length=1, max_length=100)]
Uploaded = Annotated[
    list[UUID], Field(default_factory=list, max_length=100, description="Uploaded before, by the same caller")
]


class SupplementIn(Request):
    """What is added to a complaint."""

    text: Text
    attachments: Uploaded
    location: Annotated[LocationIn | None, Field(description="Where it is, more exactly.")] = None

    def words(self) -> Words:
        """Return them, with the place in WGS84."""
        given = self.location
        if given is None:
            return Words(self.text, tuple(self.attachments))
        lon, lat = given.wgs84() or (None, None)
        return Words(self.text, tuple(self.attachments), Place(lon=lon, lat=lat, address=given.address))


class CodedSupplementIn(SupplementIn):
    """What is added, with the query code of the receipt."""

    query_code: QueryCode


class QuestionIn(Request):
    """What the reporter is asked. They read it as it is."""

    text: Annotated[str, Field(min_length=1, max_length=LONGEST_QUESTION), AfterValidator(saying_something)]


class AnswerIn(Request):
    """The reporter's answer."""

    text: Text
    attachments: Uploaded

    def words(self) -> Words:
        """Return them."""
        return Words(self.text, tuple(self.attachments))


class CodedAnswerIn(AnswerIn):
    """The reporter's answer, with the query code of the receipt."""

    query_code: QueryCode


class PublicationIn(Request):
    """Whether a photo is shown to reporters."""

    public: StrictBool


class SupplementOut(BaseModel):
    """Something that was added."""

    id: UUID
    complaint: UUID
    by: Literal["reporter", "operator"]
    text: str
    location: Place | None
    attachments: list[UUID]
    written_at: datetime


class SupplementAdded(BaseModel):
    """The receipt of a supplement; `version` is the complaint's since."""

    id: UUID
    written_at: datetime
    version: int


class QuestionOut(BaseModel):
    """A question; `dropped` when it needed no answer any more."""

    id: UUID
    complaint: UUID
    state: Literal["open", "answered", "lapsed", "dropped"]
    text: str
    asked_by: Annotated[str | None, Field(description="For staff only.")]
    asked_at: datetime
    lapses_at: datetime
    answer: str | None
    attachments: list[UUID]
    ended_at: datetime | None


class AnswerTaken(BaseModel):
    """The receipt of an answer; `version` is the complaint's since."""

    question: UUID
    answered_at: datetime
    version: int


class TimelineStep(BaseModel):
    """One step of the way, in words for the reporter; nobody is named but units and departments."""

    kind: str
    status: Annotated[str, Field(description="Where the complaint stood then.")]
    at: datetime
    text: str
    promised_at: Annotated[datetime | None, Field(description="The promised time, where the step has set it.")]


class Promised(BaseModel):
    """承诺时限, as dispatch has reckoned them; null where none is known."""

    accept_by: datetime | None
    on_site_by: datetime | None
    resolve_by: datetime | None


class LightView(BaseModel):
    """Green to 80 % of the time, yellow to 100 %, red beyond; `stands` while the clock does."""

    code: Light
    stands: bool
    text: str


class Outcome(BaseModel):
    """What was done about it."""

    handling_mode: HandlingMode | None
    label: str | None
    result: str | None
    at: datetime


class PublicPhoto(BaseModel):
    """A photo that was made public; both paths need the same query code, or the token of whoever may see it."""

    id: UUID
    role: PhotoRole
    uploaded_at: datetime
    path: str
    thumbnail: str


class OpenQuestion(BaseModel):
    """What the bureau waits for."""

    id: UUID
    text: str
    asked_at: datetime
    lapses_at: datetime


class ActionView(BaseModel):
    """Something that the reporter can do now."""

    action: Doing
    label: str
    method: Literal["POST"] = "POST"
    path: str


class MasterTrack(BaseModel):
    """How the complaint goes on that stands for the reporter's own; nothing that its own reporter has said."""

    status: str
    status_label: str
    unit: str | None
    updated_at: datetime
    progress: list[Step]
    notice: Annotated[str, Field(description="That both are handled together 并案办理, in words for the reporter.")]
    department: str | None
    promised: Promised
    light: LightView | None
    outcome: Outcome | None
    photos: Annotated[list[PublicPhoto], Field(description="Of the bureau's.")]
    timeline: list[TimelineStep]


class Track(BaseModel):
    """What the reporter sees: progress, promises, the outcome; no personal data."""

    id: UUID
    number: str
    status: str
    status_label: str
    category: str | None
    category_label: str | None
    unit: str | None
    department: Annotated[str | None, Field(description="That has it now, where it is with none of the bureau's.")]
    received_at: datetime
    updated_at: datetime
    promised: Promised
    light: LightView | None
    question: OpenQuestion | None
    outcome: Outcome | None
    photos: list[PublicPhoto]
    actions: list[ActionView]
    master: Annotated[
        MasterTrack | None, Field(description="Where it was merged: how the complaint goes on that stands for it.")
    ]
    progress: list[Step]
    timeline: list[TimelineStep]

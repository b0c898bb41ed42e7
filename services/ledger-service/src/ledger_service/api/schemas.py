"""Complaints and entries as JSON, and the bodies of actions."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool
from pydantic_core import PydanticCustomError

from contracts.events import Place, Satisfaction
from contracts.lifecycle import EventType, Status
from ledger_service.domain.entry_types import OwnType
from operations.locations import LocationIn
from runtime.types import saying_something

Text = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(saying_something)]


class LabelView(BaseModel):
    """A name in Chinese and English."""

    model_config = ConfigDict(from_attributes=True)

    zh: str
    en: str


class TeamRef(BaseModel):
    """The unit that answers for a complaint."""

    code: str
    name: str


class LocationView(BaseModel):
    """Where: WGS84 degrees, an address, or both; all null where nothing is known."""

    lon: float | None
    lat: float | None
    crs: Literal["WGS84"] = "WGS84"
    address: str | None


class ComplaintView(BaseModel):
    """A complaint as far as the ledger has heard of it. `version` is the number in the `ETag`."""

    id: UUID
    number: str
    status: Status
    status_label: LabelView
    round: int
    version: int
    source: str
    proactive: bool
    category: str | None
    description: Annotated[str | None, Field(description="Null for analysts and administrators.")]
    location: LocationView
    community: str | None
    grid: str | None
    team: TeamRef | None
    external_ref: str | None
    occurred_at: datetime | None
    received_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    erased_at: Annotated[datetime | None, Field(description="Since then nothing here says whose complaint it was.")]
    satisfaction: Satisfaction | None
    solved: bool | None
    worker: Annotated[str | None, Field(description="Who resolved it last; null for citizens and partners.")]
    unknown_photos: Annotated[
        list[UUID] | None,
        Field(
            description="Named in the work, and not with intake: made up, or not uploaded yet; null for citizens and"
            " partners."
        ),
    ]
    closing_version: Annotated[
        int, Field(description="Of the closing rules that its round goes by; 0: the tenant had put none.")
    ]


class _Line(BaseModel):
    position: Annotated[int, Field(description="Its place in the ledger, which may have gaps.")]
    event_id: UUID
    label: LabelView
    source: Literal["intake", "dispatch", "ledger"]
    sequence: Annotated[int, Field(description="Counts the events of this source about the same thing, from 1.")]
    from_status: Annotated[Status | None, Field(alias="from", description="null: the history begins here.")]
    at: Annotated[datetime, Field(description="When it happened.")]
    recorded_at: Annotated[datetime, Field(description="When the ledger heard of it.")]
    actor: Annotated[
        str | None, Field(description="Who did it; null for citizens and partners, and of who reported it.")
    ]
    erased: Annotated[bool, Field(description="Actor and data are gone; a later entry of the complaint says why.")]
    data: Annotated[dict[str, Any], Field(description="What the event says, as far as the reader may know it.")]


class EntryView(_Line):
    """One line of the ledger. Nothing changes it. It is about a complaint or about a `subject`; the other is null."""

    complaint_id: UUID | None
    subject: Annotated[UUID | None, Field(description="The activity or export that it is about.")]
    type: EventType | OwnType
    to_status: Annotated[Status | None, Field(alias="to", description="null: it is about no complaint.")]


class ComplaintEntry(_Line):
    """One line of the ledger about a complaint. Nothing changes it."""

    complaint_id: UUID
    type: EventType
    to_status: Annotated[Status, Field(alias="to")]


class AboutComplaint(BaseModel):
    """What a complaint is about and who answers for it: enough for a line or a dot on a wall screen."""

    number: str
    source: str
    category: str | None
    community: str | None
    grid: str | None
    team: str | None
    location: LocationView


class LiveEntry(ComplaintEntry):
    """An entry as it comes in, with what its complaint is about."""

    complaint: AboutComplaint


class TimelineEntry(ComplaintEntry):
    """One line of a complaint's story."""

    unit: Annotated[str | None, Field(description="Name of the team that did it; null where no team did.")]


class Story(ComplaintView):
    """A complaint with everything that happened to it, in order."""

    timeline: list[TimelineEntry]


def _each_once(photos: list[UUID]) -> list[UUID]:
    if len(set(photos)) < len(photos):
        raise PydanticCustomError("photo-twice", "a photo is named twice")
    return photos


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class VerificationBody(_Body):
    """How the result was looked at, and whether it was found good; if not, `note` says what is not."""

    method: Literal["on_site", "photo", "call"]
    passed: StrictBool = True
    note: Text | None = None
    photos: Annotated[
        list[UUID],
        Field(max_length=20, description="Attachments that were uploaded to intake before."),
        AfterValidator(_each_once),
    ] = []
    position: Annotated[LocationIn | None, Field(description="Where the inspector is.")] = None

    def place(self) -> Place | None:
        """Return the position as events carry it, in WGS84."""
        if self.position is None:
            return None
        lon, lat = self.position.wgs84() or (None, None)
        return Place(lon=lon, lat=lat, address=self.position.address)


class ReopeningBody(_Body):
    """Why the matter is not settled."""

    reason: Text


class FeedbackBody(_Body):
    """The reporter's word: 满意、基本满意、不满意, and whether the matter is solved."""

    satisfaction: Satisfaction
    solved: StrictBool
    comment: Text | None = None


class StateView(BaseModel):
    """A state. Nothing but a reopening leads out of a final one."""

    code: Status
    zh: str
    en: str
    final: bool


class TransitionView(BaseModel):
    """What an event does: `from` null is the beginning, `to` null leaves the state as it is."""

    event: EventType
    zh: str
    en: str
    from_statuses: Annotated[list[Status | None], Field(alias="from")]
    to_status: Annotated[Status | None, Field(alias="to")]
    owner: Annotated[Literal["intake", "dispatch", "ledger"], Field(description="The service that publishes it.")]
    roles: Annotated[list[str], Field(description="Who may cause it by hand; none where a rule or an event does.")]


class FlowView(BaseModel):
    """The state table 反馈流程图."""

    states: list[StateView]
    transitions: list[TransitionView]

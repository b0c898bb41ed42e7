"""Cases and actions as JSON."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.coordinates import Crs, to_wgs84
from contracts.events import AssignedBy, HandlingMode, Place
from contracts.lifecycle import Status
from dispatch_service.api.life_views import (
    ConferenceView,
    ContributionView,
    EscalationView,
    NoteView,
    OwnerView,
    RectificationView,
    ReturnView,
    SupportView,
    TransferView,
)
from dispatch_service.api.photo_schemas import Photos, PhotoView, photos_of
from dispatch_service.api.reporter_schemas import QuestionView, SupplementView
from dispatch_service.api.request_schemas import OrderView, RequestView
from dispatch_service.api.written import Result, Text
from dispatch_service.domain.clocks import Clockwork, Light
from dispatch_service.domain.limits import Grade
from dispatch_service.domain.rectification import Reinspection
from dispatch_service.domain.staffing import Why
from dispatch_service.domain.standing import escalation_of, return_by, standing_of
from dispatch_service.service.rectifications import Inspection
from operations.locations import on_earth
from runtime.clock import now
from runtime.types import FiniteFloat, Instant

Code = Annotated[str, Field(min_length=1, max_length=64)]


class TeamRef(BaseModel):
    """The unit that answers for a case."""

    code: str
    name: str


class LocationView(BaseModel):
    """Where: WGS84 degrees, an address, or both; all null where nothing is known."""

    lon: float | None
    lat: float | None
    crs: Literal["WGS84"] = "WGS84"
    address: str | None


class ChoiceView(BaseModel):
    """Why this officer, or why none: how many were on duty, had the skill, and had a fresh position.

    `metres` and `open_cases` are those of the officer, before.
    """

    officer: str | None
    why: Why
    on_duty: int
    with_skill: int
    located: int
    metres: int | None = None
    open_cases: int | None = None


class Explanation(BaseModel):
    """Why the case went to this team.

    `rules` are the codes of all routing rules that fitted, in the version `rules_version`; `rule_code` is the one that
    decided. `instead_of` is the team that would have got it, had somebody of it been on duty; `expected_from` says when
    its next shift began. `choice` is there where an officer was looked for.
    """

    rule: AssignedBy
    rule_code: str | None = None
    rules: list[str] = []
    rules_version: int | None = None
    grid: str | None = None
    grid_version: int | None = None
    team: str
    from_team: str | None = None
    instead_of: str | None = None
    supporting: list[str] = []
    skill: str | None = None
    expected_from: datetime | None = None
    choice: ChoiceView | None = None
    officer: str | None = None
    round: int | None = None


class EarlierExplanation(Explanation):
    """Why the case was where it was until `ended_at`, when it was given to a team anew."""

    ended_at: datetime


class CaseView(BaseModel):
    """The work on one complaint. `version` is the number in the `ETag`; what time alone does (lights, levels of the
    limit, a re-inspection that falls due) leaves it as it is.

    `promised_at` (承诺时限) is by when it is to be resolved. The light is green until 80 % of that time have passed,
    yellow until all has, then red; it stays as it was when the case was resolved, and null where the work ended
    otherwise. `escalation` is the highest level (80, 100, 200 %) that was announced of a stage which is not over, null
    for none and once the work has ended. `remaining_seconds` is negative beyond the promised time, and null then too.
    `suspended_until`: then it comes back by itself. `waiting_since`: its clock waits for the reporter's answer, or did
    when there was a result; an extension meanwhile counts from then on.
    `assignee` is the officer chosen for it, then the one who has accepted it; `officer` acted last. A case that waits
    for the team's next shift has its begin in `expected_from`.
    `responsible_team` answers for it 首接负责: after a return the unit that had it, until another has accepted it.
    `reinspection` says where an order of rectification stands that runs until `rectify_until`. `far_start`: it was
    started further from the complaint than is usual. `component`: code of the component 部件 that it is about.
    `unknown_photos` are named in the work, in whichever round, and are not with intake: made up, or not uploaded yet.
    Since `erased_at` nothing here says what was written about it, nor where it was.
    """

    complaint_id: UUID
    number: str
    status: Status
    round: int
    version: int
    team: TeamRef
    responsible_team: str
    grid: str | None
    community: str | None
    explanation: Explanation
    category: str | None
    grade: Grade
    source: str
    component: str | None
    proactive: bool
    description: str
    location: LocationView
    accept_by: datetime | None
    on_site_by: datetime | None
    promised_at: datetime | None
    light: Light | None
    escalation: EscalationView | None
    remaining_seconds: int | None
    suspended_at: datetime | None
    suspended_until: datetime | None
    waiting_since: datetime | None
    assignee: str | None
    expected_from: datetime | None
    reinspection: Reinspection | None
    rectify_until: datetime | None
    start_distance_metres: int | None
    far_start: bool
    officer: str | None
    handling_mode: HandlingMode | None
    result: str | None
    photos: list[PhotoView]
    unknown_photos: list[UUID]
    occurred_at: datetime | None
    received_at: datetime
    assigned_at: datetime
    accepted_at: datetime | None
    started_at: datetime | None
    resolved_at: datetime | None
    updated_at: datetime
    erased_at: datetime | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the view of a row of the case table with the name of its team, as it stands now."""
        standing = standing_of(row, now())
        remaining = standing.remaining
        return cls.model_validate(
            {
                **row,
                "light": standing.light,
                "escalation": None if (told := escalation_of(row)) is None else asdict(told),
                "remaining_seconds": None if remaining is None else int(remaining.total_seconds()),
                "team": {"code": row["team"], "name": row["team_name"]},
                "responsible_team": row["responsible_team"] or row["team"],
                "location": {"lon": row["lon"], "lat": row["lat"], "address": row["address"]},
            }
        )


class ListedCase(CaseView):
    """A case of a list; `distance_metres` is the straight line from `near`, where that was named."""

    distance_metres: int | None = None


class CaseDetail(CaseView):
    """A case with what its unit has asked for, its supervision orders and what else has happened; the oldest first.

    `return_by` is until when its unit may ask to give it back 退单; null without a limit, and while no unit has it.
    `earlier_explanations` are those that `explanation` has followed: the first one, and the 49 newest of the others.
    """

    return_by: datetime | None
    component_owner: OwnerView | None
    earlier_explanations: list[EarlierExplanation]
    requests: list[RequestView]
    supervision: list[OrderView]
    returns: list[ReturnView]
    conferences: list[ConferenceView]
    transfers: list[TransferView]
    rectifications: list[RectificationView]
    supporting: list[SupportView]
    contributions: list[ContributionView]
    notes: list[NoteView]
    supplements: list[SupplementView]
    questions: list[QuestionView]

    @classmethod
    def shown(cls, row: Mapping[str, Any], work: Clockwork) -> Self:
        """Return the view of a row of `cases.show`, by the limits of `work`."""
        derived = {
            "returns": ReturnView.among(row["requests"]),
            "return_by": return_by(row, work),
            "supervision": OrderView.among(row["supervision"], now()),
        }
        return cls.of({**row, **derived})


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Position(_Body):
    """Where an officer is, in the datum of the officer's map."""

    lon: Annotated[FiniteFloat, Field(ge=-180, le=180)]
    lat: Annotated[FiniteFloat, Field(ge=-90, le=90)]
    crs: Crs = "WGS84"
    address: Annotated[str | None, Field(max_length=500)] = None

    _on_earth = model_validator(mode="after")(on_earth)

    def point(self) -> tuple[float, float]:
        """Return longitude and latitude in WGS84."""
        return to_wgs84(self.lon, self.lat, self.crs)

    def to_place(self) -> Place:
        """Return it as events carry it, in WGS84."""
        lon, lat = self.point()
        return Place(lon=lon, lat=lat, address=self.address)


class AssignBody(_Body):
    """Which team is to answer for the case, and how urgent it is, where that is to change."""

    team: Code
    grade: Grade | None = None
    note: Text | None = None


class AcceptBody(_Body):
    """What an officer may add when taking a case on."""

    note: Text | None = None


class StartBody(_Body):
    """Where and when the work began; now, if no time is given."""

    position: Position | None = None
    started_at: Instant | None = None
    note: Text | None = None


class InspectionBody(_Body):
    """Whether it was set right after an order of rectification."""

    passed: Annotated[bool, Field(strict=True)]
    note: Text | None = None
    photos: Photos = []

    def inspection(self) -> Inspection:
        """Return it as the rest of the service knows it."""
        return Inspection(self.passed, self.note, photos_of(self.photos))


class ResolveBody(_Body):
    """How the case was handled (宣传引导、现场整改、限期整改、口头教育、立案查处), and with what result.

    `photos` are attachments of intake; `reinspection` is for a case whose rectification was ordered.
    """

    handling_mode: HandlingMode
    result: Result
    photos: Photos = []
    reinspection: InspectionBody | None = None
    note: Text | None = None


class NoteBody(_Body):
    """What to note about a case."""

    text: Text

"""What may be done with a case besides the plain steps, as JSON."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from contracts.events import HandlingMode
from dispatch_service.api.case_schemas import Code, Position
from dispatch_service.api.grid_schemas import Name
from dispatch_service.api.photo_schemas import Photos, photos_of
from dispatch_service.api.written import Result, Text
from dispatch_service.service.conferences import Conference
from dispatch_service.service.supporting import Contribution
from runtime.types import Instant, OneLine, saying_something


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


def _each_once(teams: list[str]) -> list[str]:
    if len(set(teams)) < len(teams):
        raise PydanticCustomError("team_twice", "a team is named twice")
    return teams


System = Annotated[OneLine, Field(min_length=1, max_length=200), AfterValidator(saying_something)]
Teams = Annotated[list[Code], AfterValidator(_each_once)]


class DecisionBody(_Body):
    """Who leads 主办, and who supports 协办."""

    lead: Code
    supporting: Annotated[Teams, Field(max_length=20)] = []


class ConferenceBody(_Body):
    """Which teams met and when, what was said, and what was decided."""

    participants: Annotated[Teams, Field(min_length=2, max_length=20)]
    record: Result
    decision: DecisionBody
    held_at: Instant
    note: Text | None = None

    def conference(self) -> Conference:
        """Return it as the rest of the service knows it."""
        return Conference(self.participants, self.record, self.decision.lead, self.decision.supporting, self.held_at)


class TransferBody(_Body):
    """Which department has taken the case on, under which number there, and why.

    Without a department it is the owner of the component that the case is about.
    """

    department: Code | None = None
    external_ref: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(saying_something)]
    reason: Text
    note: Text | None = None


class AnswerBody(_Body):
    """What the department has done about it."""

    handling_mode: HandlingMode
    result: Result
    answered_at: Instant
    photos: Photos = []
    note: Text | None = None


class RecallBody(_Body):
    """Why the department does not do it; the team that is to do it, where that is known already."""

    reason: Text
    team: Code | None = None
    note: Text | None = None


class ContributionBody(_Body):
    """What was done, with photos, and where the officer was.

    `part_done`: that was all that the supporting team has to do 协办完成.
    """

    text: Text
    photos: Photos = []
    position: Position | None = None
    part_done: Annotated[bool, Field(strict=True)] = False

    def contribution(self) -> Contribution:
        """Return it as the rest of the service knows it."""
        position = self.position.to_place() if self.position else None
        return Contribution(self.text, photos_of(self.photos), position, self.part_done)


class RectificationBody(_Body):
    """What has to be set right, and until when: within a year from now."""

    notice: Result
    until: Instant
    photos: Photos = []
    note: Text | None = None


class DepartmentBody(_Body):
    """A department; `contact_system` is the name of the system that its numbers come from."""

    name: Name
    contact_system: System | None = None


class DepartmentView(BaseModel):
    """A department 部门 that cases can be transferred to. `generated` marks what was made up for a demonstration."""

    code: str
    name: str
    contact_system: str | None
    generated: bool

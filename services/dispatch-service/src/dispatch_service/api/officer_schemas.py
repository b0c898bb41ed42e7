"""Officers and the make-up of teams as JSON."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from dispatch_service.api.place_schemas import CODE_PATTERN
from dispatch_service.api.reference_schemas import MemberRole
from runtime.types import Integer

ActivityRole = Literal["publicist", "mediator", "attendant"]
"""宣传员、调解员、服务员."""
Skill = Annotated[str, Field(pattern=CODE_PATTERN, examples=["electric"])]


def _sorted_once(values: list[str]) -> list[str]:
    if len(set(values)) < len(values):
        raise PydanticCustomError("listed_twice", "something is listed twice")
    return sorted(values)


class OfficerBody(BaseModel):
    """What an officer can do; who they are, their token says. No name and no phone is kept."""

    model_config = ConfigDict(extra="forbid")

    roles: Annotated[list[ActivityRole], AfterValidator(_sorted_once)] = []
    skills: Annotated[list[Skill], Field(max_length=50), AfterValidator(_sorted_once)] = []


class OfficerView(BaseModel):
    """An officer by the subject of their token: roles in activities, skills, and the teams that they are in."""

    subject: str
    roles: list[ActivityRole]
    skills: list[str]
    teams: list[str]
    generated: bool


class PatternBody(BaseModel):
    """How many members of each role a team shall have; roles that are not named are left to each team."""

    model_config = ConfigDict(extra="forbid")

    roles: dict[MemberRole, Annotated[Integer, Field(ge=0, le=100)]]


class PatternView(BaseModel):
    """The make-up of a team 队伍编成, such as "1+2+2"."""

    roles: dict[MemberRole, int]

"""Clocking in and out, absences and positions, as JSON."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from dispatch_service.api.case_schemas import Position
from dispatch_service.api.roster_schemas import DutyView
from dispatch_service.domain.attendance import Absence
from runtime.types import FiniteFloat, Instant


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ClockBody(_Body):
    """Where an officer clocks in or out."""

    way: Literal["in", "out"]
    position: Position


class FixBody(_Body):
    """Where an officer was at a moment; a device that was offline sends many at once."""

    at: Instant
    position: Position
    accuracy_metres: Annotated[FiniteFloat | None, Field(ge=0, le=100_000)] = None


class FixesBody(_Body):
    """Positions of the caller."""

    positions: Annotated[list[FixBody], Field(min_length=1, max_length=500)]


class KeptView(BaseModel):
    """How many positions are new."""

    kept: int


class LastPosition(BaseModel):
    """Where an officer was last; WGS84 degrees."""

    subject: str
    at: datetime
    lon: float
    lat: float
    accuracy_metres: float | None


class AbsenceView(DutyView):
    """A duty that was not done as planned, in which ways, and what is asked about it that nobody has decided."""

    reasons: list[Absence]
    asked: Literal["leave", "handover", "swap"] | None

"""What a planner's program asks for: the county as a whole, and past cases."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel

from contracts.lifecycle import Status
from dispatch_service.api.clock_schemas import LimitLine, OfficeSpan, OwnDay
from dispatch_service.api.reference_schemas import CommunityView, GridCollection, GridFeature, PostView, TeamView
from dispatch_service.api.roster_schemas import ShiftView
from dispatch_service.api.routing_policy import PolicyBody
from dispatch_service.persistence.clock_settings import OFFICE_HOURS, is_calendar
from dispatch_service.persistence.planning import Snapshot
from dispatch_service.service.clockworks import lines_of, spans_of
from dispatch_service.service.rule_reading import policy_of


class RulesInForce(BaseModel):
    """The published set that routing goes by, without the rules that are switched off."""

    version: int
    rules: list[dict[str, Any]]


class CountyView(BaseModel):
    """All that cases are routed, promised and worked by, as it is at one moment, but for duties.

    `version` is that of the county's data, `skills` what each officer who has any can do, by subject. `categories` and
    `sources` are those that rules may name, each source with whether it is proactive 未诉先办 (null: not known); empty
    where dispatch does not know them.
    """

    version: int
    timezone: str
    communities: list[CommunityView]
    teams: list[TeamView]
    skills: dict[str, list[str]]
    posts: list[PostView]
    shifts: list[ShiftView]
    grids: GridCollection
    categories: list[str] = []
    sources: dict[str, bool | None] = {}
    rules: RulesInForce | None
    policy: PolicyBody
    limits: list[LimitLine]
    office_hours: list[OfficeSpan]
    own_days: list[OwnDay]

    @classmethod
    def of(cls, found: Snapshot, timezone: str) -> Self:
        """Return the view of a county; what it has not set itself is as it is shipped."""
        return cls(
            version=found.version,
            timezone=timezone,
            communities=[CommunityView.model_validate(row) for row in found.communities],
            teams=[TeamView.of(row, found.members.get(row["code"], []), found.pattern) for row in found.teams],
            skills={row["subject"]: row["skills"] for row in found.officers},
            posts=[PostView.model_validate(row) for row in found.posts],
            shifts=[ShiftView.model_validate(row) for row in found.shifts],
            grids=GridCollection(features=[GridFeature.of(row) for row in found.grids]),
            categories=sorted(found.known.categories),
            sources=dict(sorted(found.known.sources.items())),
            rules=None if found.rules is None else RulesInForce(**found.rules._asdict()),
            policy=PolicyBody(**asdict(policy_of(found.policy))),
            limits=[LimitLine.model_validate(row) for row in lines_of(found.settings)],
            office_hours=_office_hours(found.settings.get(OFFICE_HOURS)),
            own_days=_own_days(found.settings),
        )


class PastCaseView(BaseModel):
    """A case as it came in, and when its last round of work went on. `officer` acted last."""

    number: str
    status: Status
    round: int
    self_handled: bool
    category: str | None
    category_confidence: float | None
    source: str
    proactive: bool
    description: str
    attributes: dict[str, str | float | bool] | None
    lon: float | None
    lat: float | None
    team: str
    officer: str | None
    received_at: datetime
    assigned_at: datetime
    accepted_at: datetime | None
    started_at: datetime | None
    resolved_at: datetime | None
    promised_at: datetime | None


def _office_hours(rows: Sequence[Mapping[str, str]] | None) -> list[OfficeSpan]:
    return [OfficeSpan(opens=f"{opens:%H:%M}", closes=f"{closes:%H:%M}") for opens, closes in spans_of(rows)]


def _own_days(settings: Mapping[str, Any]) -> list[OwnDay]:
    days = [row for name, rows in settings.items() if is_calendar(name) for row in rows]
    return [OwnDay.model_validate(row) for row in sorted(days, key=lambda row: str(row["date"]))]

"""What stays the same whatever is proposed: the county's calendar, limits, places and people."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Self
from zoneinfo import ZoneInfo

from dispatch_service.api.planning_schemas import CountyView
from dispatch_service.domain.calendars import Calendar
from dispatch_service.domain.clocks import Clockwork
from dispatch_service.domain.roster import Hours
from dispatch_service.domain.routing import Point
from dispatch_service.domain.staffing import Policy
from dispatch_service.service import holidays
from dispatch_service.service.clockworks import limits_of, spans_of
from dispatch_service.service.rule_reading import policy_of


@dataclass(frozen=True, slots=True)
class County:
    """The county as dispatch told it."""

    zone: ZoneInfo
    calendar: Calendar
    work: Clockwork
    policy: Policy
    communities: frozenset[str]
    categories: frozenset[str]
    sources: Mapping[str, bool | None]
    """Each with whether it is proactive, as far as dispatch knows."""
    posts: dict[str, Point]
    shifts: dict[str, Hours]
    skills: dict[str, frozenset[str]]
    """Of each officer who has any, by subject."""

    @classmethod
    def of(cls, view: CountyView) -> Self:
        """Return the county of an answer of dispatch."""
        own_days: dict[date, bool] = {day.date: day.working for day in view.own_days}
        hours = spans_of([span.model_dump(by_alias=True) for span in view.office_hours])
        calendar = Calendar(holidays.official, own_days, hours, holidays.name_of)
        limits = limits_of([line.model_dump(mode="json") for line in view.limits])
        return cls(
            zone=ZoneInfo(view.timezone),
            calendar=calendar,
            work=Clockwork(1, limits, calendar.office(), calendar.days()),
            policy=policy_of(view.policy.model_dump()),
            communities=frozenset(each.code for each in view.communities),
            categories=frozenset(view.categories),
            sources=view.sources,
            posts={post.code: (post.lon, post.lat) for post in view.posts},
            shifts={shift.code: Hours(shift.begins, shift.ends) for shift in view.shifts},
            skills={subject: frozenset(skills) for subject, skills in view.skills.items()},
        )

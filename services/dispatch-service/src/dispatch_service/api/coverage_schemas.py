"""Coverage as JSON."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from dispatch_service.api.case_schemas import Code, Position
from dispatch_service.domain.coverage import Coverage, Share
from dispatch_service.domain.coverage_day import Stretch


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WhatIfBody(_Body):
    """Posts and stations otherwise than they are; `on_duty` true leaves out those where nobody is."""

    moved: Annotated[dict[Code, Position], Field(max_length=1_000, description="By code.")] = {}
    added: Annotated[list[Position], Field(max_length=1_000, description="As if somebody were on duty there.")] = []
    removed: Annotated[list[Code], Field(max_length=1_000)] = []


class ShareView(BaseModel):
    """How much is within a walk; a share of nothing is null."""

    square_metres: int
    area_share: float | None
    cases: int
    cases_covered: int
    case_share: float | None

    @classmethod
    def of(cls, share: Share) -> Self:
        """Return it as it is shown, shares to a tenth of a percent."""
        return cls(
            square_metres=round(share.square_metres),
            area_share=_ratio(share.square_metres_covered, share.square_metres),
            cases=share.cases,
            cases_covered=share.cases_covered,
            case_share=_ratio(share.cases_covered, share.cases),
        )


class CommunityShare(ShareView):
    """That of a community."""

    community: str


class Summary(ShareView):
    """How much of the county is within a walk of `spots` posts and stations."""

    spots: int
    reach_metres: Annotated[int, Field(description="In a straight line.")]
    communities: list[CommunityShare]

    @classmethod
    def describe(cls, coverage: Coverage, spots: int, metres: float) -> Self:
        """Return the summary of a coverage."""
        communities = [
            CommunityShare(community=code, **ShareView.of(share).model_dump())
            for code, share in coverage.communities.items()
        ]
        whole = ShareView.of(coverage.whole).model_dump()
        return cls(spots=spots, reach_metres=round(metres), communities=communities, **whole)


class GapFeature(BaseModel):
    """What of a community is not within a walk."""

    type: Literal["Feature"] = "Feature"
    id: str
    geometry: dict[str, Any]
    properties: Mapping[str, str]


class CoverageView(BaseModel):
    """The gaps as GeoJSON (RFC 7946), with the shares; `present` is how things are, beside a what-if."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[GapFeature]
    summary: Summary
    present: Summary | None = None


class SliceView(BaseModel):
    """A part of a day, as it is at `at`, its middle, on the clock of the county."""

    begins_at: datetime
    ends_at: datetime
    at: datetime
    shift: str | None
    spots: int
    area_share: float | None
    cases_covered: int
    case_share: float | None


class CommunityCourse(BaseModel):
    """That of a community: a share for each of the slices, in their order."""

    community: str
    square_metres: int
    cases: int
    area_shares: list[float | None]
    case_shares: list[float | None]


class Course(BaseModel):
    """How much is within a walk in the course of a day; a share of nothing is null."""

    slices: list[SliceView]
    communities: list[CommunityCourse]

    @classmethod
    def of(cls, course: Iterable[tuple[Stretch, int, Coverage]]) -> Self:
        """Return it as it is shown."""
        slices, communities = [], dict[str, CommunityCourse]()
        for stretch, spots, coverage in course:
            whole = ShareView.of(coverage.whole).model_dump()
            times = {"begins_at": stretch.begins, "ends_at": stretch.ends, "at": stretch.middle}
            slices.append(SliceView.model_validate({**times, "shift": stretch.shift, "spots": spots, **whole}))
            for code, share in coverage.communities.items():
                shown = ShareView.of(share)
                facts = {"community": code, "area_shares": [], "case_shares": [], **shown.model_dump()}
                of_one = communities.setdefault(code, CommunityCourse.model_validate(facts))
                of_one.area_shares.append(shown.area_share)
                of_one.case_shares.append(shown.case_share)
        return cls(slices=slices, communities=list(communities.values()))


class CourseView(Course):
    """A day of the county; `present` is how things are, beside a what-if."""

    day: date
    reach_metres: Annotated[int, Field(description="In a straight line.")]
    square_metres: int
    cases: int
    present: Course | None = None


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 3) if whole else None

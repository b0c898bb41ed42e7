"""Coverage as JSON."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from dispatch_service.api.case_schemas import Code, Position
from dispatch_service.domain.coverage import Coverage, Share


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


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 3) if whole else None

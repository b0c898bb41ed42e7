"""Posts that do not fit to the map of grids: as refusals, and as findings."""

from collections.abc import Callable, Sequence

from dispatch_service.api.reference_schemas import PostFinding
from dispatch_service.persistence.rows import Row
from dispatch_service.service.siting import Sites
from runtime.problems import FieldError, register_texts

register_texts(
    {
        "grid-elsewhere": (
            "网格 {grid} 属于社区 {community}。",
            "The grid {grid} belongs to the community {community}.",
        ),
    }
)


def flaws_of(posts: Sequence[Row], sites: Sites, pointer: Callable[[int, str], str]) -> list[FieldError]:
    """Return what is refused; `pointer` leads to a field of the post with that number."""
    far = [FieldError(pointer(place, "lon"), "position-far-away") for place in sites.far]
    return far + [
        FieldError(pointer(place, "grid"), "grid-elsewhere", {"grid": posts[place]["grid"], "community": community})
        for place, community in sites.elsewhere.items()
    ]


def findings_of(posts: Sequence[Row], sites: Sites) -> list[PostFinding]:
    """Return what is told and not refused: posts stand at borders."""
    return [
        PostFinding(
            post=posts[place]["code"],
            grid=posts[place]["grid"],
            lon=posts[place]["lon"],
            lat=posts[place]["lat"],
            metres=metres,
        )
        for place, metres in sites.outside.items()
    ]

"""Posts and components that do not fit to the map of grids: as refusals, and as findings."""

from collections.abc import Callable, Sequence

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.api.changing import Change
from dispatch_service.api.reference_schemas import PostFinding
from dispatch_service.persistence.rows import Row
from dispatch_service.service.directory import Occasion, Sort
from dispatch_service.service.keeping import Kept, keep
from dispatch_service.service.siting import Sites, examine
from runtime.problems import FieldError, Problem, register_texts

register_texts(
    {
        "grid-elsewhere": (
            "网格 {grid} 属于社区 {community}。",
            "The grid {grid} belongs to the community {community}.",
        ),
    }
)


async def put_sited(
    change: Change, sort: Sort, code: str, row: Row, response: Response
) -> tuple[Row, list[PostFinding]]:
    """Write what stands at a point, and return its row and what is told of it; 422 where it does not fit."""

    async def work(connection: AsyncConnection, occasion: Occasion) -> tuple[Kept, Sites]:
        kept = await keep(connection, occasion, sort, code, row)
        sites = await examine(connection, occasion.tenant, [kept.row])
        flaws = flaws_of([kept.row], sites, lambda _, field: f"/{field}")
        if flaws:
            raise Problem(422, flaws[0].code if sites.far else "validation-failed", errors=flaws, count=len(flaws))
        return kept, sites

    kept, sites = await change.run(work)
    return change.told(kept, response), findings_of([kept.row], sites)


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

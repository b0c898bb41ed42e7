"""Publishing a county's directory again."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from dispatch_service.api.changing import Change
from dispatch_service.service.republishing import publish_directory
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/directory", tags=["places and teams"], responses=PROBLEM_RESPONSES)


class Republished(BaseModel):
    """How many things were published again, or with `dry_run` would be."""

    things: int


@router.post("/republication")
async def republish(change: Change, dry_run: Annotated[bool, Query(description="Only count.")] = False) -> Republished:
    """Publish the county's directory again, as it is, on `directory.v1`: all its places and people, and who is on duty.

    For readers that begin from nothing after the topic was lost, and for a county that is older than the topic. It may
    be repeated.
    """
    things = await change.run(lambda connection, occasion: publish_directory(connection, occasion, dry_run=dry_run))
    return Republished(things=things)

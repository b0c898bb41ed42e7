"""Publishing events of the outbox again over REST, batch by batch."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from eventbus.books import Window
from eventbus.republishing import Choice, extent, publish_again
from operations.operators import Operator
from operations.periods import check_order
from operations.reconciliation import Own
from runtime.clock import now
from runtime.problems import PROBLEM_RESPONSES
from runtime.types import Instant, Integer

_LARGEST_BATCH = 1_000


class Replay(BaseModel):
    """Which events: those made from `from` to `to` (now, by default), of one complaint or of all."""

    model_config = ConfigDict(extra="forbid")

    made_from: Annotated[Instant, Field(alias="from")]
    made_to: Annotated[Instant | None, Field(alias="to")] = None
    complaint: UUID | None = None
    after: Annotated[Integer, Field(ge=0, description="The `last` of the batch before.")] = 0
    until: Annotated[Integer | None, Field(ge=0, description="The `last` of the first, dry run.")] = None
    size: Annotated[Integer, Field(ge=1, le=_LARGEST_BATCH)] = _LARGEST_BATCH
    dry_run: bool = False


class Replayed(BaseModel):
    """How many events were handed to the relay, or with `dry_run` would be in all; `last` is null after the end."""

    events: int
    last: int | None


router = APIRouter(prefix="/outbox", tags=["reconciliation"], responses=PROBLEM_RESPONSES)


@router.post("/replay")
async def replay(body: Replay, _caller: Operator, own: Own) -> Replayed:
    """Publish a batch of events again, in their old order; whoever applied one already does not apply it again.

    The outbox keeps events for a week after they were published. Call with `dry_run` first, then with its `last` as
    `until` and each answer's `last` as the next `after`, until `last` is null.
    """
    made_to = body.made_to or now()
    check_order(body.made_from, made_to, "/to")
    choice = Choice(Window(body.made_from, made_to), body.complaint)
    async with own.engine.begin() as connection:
        there = await extent(connection, choice, after=body.after)
        if body.dry_run:
            return Replayed(events=there.events, last=there.until)
        until = there.until if body.until is None else body.until
        events, last = await publish_again(connection, choice, after=body.after, until=until, size=body.size)
    return Replayed(events=events, last=last)

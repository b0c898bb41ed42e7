"""Tells of answers to supervision orders 督办回复 that were given at replicas of the version before.

That is while an upgrade is rolled out. Without being told, the ledger would list these orders as unanswered for good.
It goes with the next release, and so does the column `answer_told`.
"""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.envelope import Event
from contracts.events import OrderReplied
from contracts.lifecycle import UNCOUNTED, EventType
from contracts.topics import LIFECYCLE
from dispatch_service.persistence import untold_answers
from dispatch_service.persistence.untold_answers import UntoldAnswer
from dispatch_service.service.announcements import announce
from dispatch_service.service.backlogs import batches
from eventbus import outbox

_BATCH = 500


async def tell_untold(engine: AsyncEngine, *, size: int = _BATCH) -> int:
    """Tell of all of them, up to `size` in a transaction; return how many there were.

    Any number of replicas may do it at once. What is no case any more waits for no answer, and nobody is told.
    """
    done = 0
    async for batch in batches(engine, _tell_batch, size):
        done += len(batch)
    return done


async def _tell_batch(connection: AsyncConnection, size: int) -> Sequence[UntoldAnswer]:
    answers = await untold_answers.lock(connection, size)
    if answers:
        told = [each for each in answers if each.case.status not in UNCOUNTED]
        events = [_tell(each) for each in told]
        await untold_answers.save(connection, answers, told)
        await outbox.append(connection, LIFECYCLE.name, events)
    return answers


def _tell(answer: UntoldAnswer) -> Event:
    answer.case.tell(EventType.ORDER_REPLIED)
    data = OrderReplied(
        actor=answer.replied_by,
        team=answer.case.team,
        order_id=answer.order_id,
        text=answer.text,
        late=answer.replied_at > answer.deadline,
        replied_at=answer.replied_at,
    )
    return announce(answer.case, EventType.ORDER_REPLIED, data, at=answer.now, traceparent=None)

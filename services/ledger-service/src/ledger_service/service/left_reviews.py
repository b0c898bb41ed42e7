"""Erases what was said at reviews of complaints whose erasure a release has entered that did not know of reviews."""

from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger_service.persistence import complaints, erasing
from ledger_service.service.erasing import erase_reviews

PART = 2_000
"""Tasks of one round."""
_FIRST = ("", UUID(int=0))
log = structlog.get_logger()


class LeftReviews:
    """Walks through all follow-up tasks in the order of their ids, again and again.

    An old replica may enter erasures while a release is rolled out, so one walk is not enough.
    """

    def __init__(self, engine: AsyncEngine, *, part: int = PART) -> None:
        self._engine = engine
        self._part = part
        self._after = _FIRST

    async def work(self) -> int:
        """Look at the next part of the tasks; return of how many of them a decision was erased.

        Several replicas may do it at once.
        """
        async with self._engine.begin() as connection:
            tasks = await erasing.tasks(connection, self._after, self._part)
            left = await erasing.left_reviews(connection, tasks)
            if left:
                ids = {each.complaint for each in left}
                await complaints.lock_many(connection, {each.tenant for each in left}, ids)
                left = await erasing.left_reviews(connection, tasks)  # another replica may have been faster
            if left:
                await erase_reviews(connection, left)
        self._after = (tasks[-1].tenant, tasks[-1].id) if len(tasks) == self._part else _FIRST
        if left:
            log.info("reviews_erased", tasks=len(left))
        return len(left)

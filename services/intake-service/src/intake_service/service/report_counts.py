"""Counts what came in of late from each phone, device and account: here at once, from other replicas soon.

Nothing is asked of the database while somebody reports: each process counts what it accepts, and reads every few
seconds what all have accepted from those who have reported to it: at
once from all who have since the last time, and again from those who were the last to.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from intake_service.domain.recent_reports import Filed, Key, Recent
from intake_service.persistence import recent_reports
from runtime.clock import now

EVERY = timedelta(seconds=5)
"""How often it is read what the others have accepted."""
AGAIN = 1_000
"""Of so many phones, devices and accounts, the last that reported here within the hour, it is read each time."""
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_UNDERWAY = timedelta(minutes=1)
"""What was begun longer ago is in the database by now, or never will be."""


class ReportCounts:
    """The counts of one process, for the last 24 hours."""

    def __init__(self, engine: AsyncEngine, most: int) -> None:
        """Of one key no more than the newest `most` are known."""
        self._engine = engine
        self._most = most
        self._recent = Recent(most)
        self._unread: set[Key] = set()

    def of(self, key: Key) -> Mapping[UUID, Filed]:
        """Return what came in from a phone, device or account."""
        return self._recent.of(key)

    def add(self, keys: Iterable[Key], complaint: UUID, filed: Filed) -> None:
        """Count a complaint that is about to be filed."""
        for key in keys:
            self._recent.add(key, complaint, filed)
            self._unread.add(key)

    def remove(self, keys: Iterable[Key], complaint: UUID) -> None:
        """Count a complaint no more that was not filed, as far as is known: `renew` reads whether it was."""
        for key in keys:
            self._recent.remove(key, complaint)
            self._unread.add(key)

    async def renew(self) -> None:
        """Read what all replicas have accepted from those who have reported here, since the last time or lately."""
        moment = now()
        unread, self._unread = self._unread, set()
        keys = unread.union(self._recent.latest(AGAIN, moment - _HOUR))
        if keys:
            try:
                async with self._engine.connect() as connection:
                    found = await recent_reports.read(
                        connection, keys, self._recent.of, since=moment - _DAY, most=self._most
                    )
            except BaseException:
                self._unread.update(unread)
                raise
            for key in keys:
                mine = self._recent.of(key)
                underway = {each: filed for each, filed in mine.items() if filed.at > moment - _UNDERWAY}
                self._recent.replace(key, {**underway, **found[key]})
        self._recent.forget(moment - _DAY)

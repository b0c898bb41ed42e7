"""How many complaints a citizen may file in an hour and in a day.

Nothing is asked of the database while somebody reports: each process counts what it accepts, and reads every few
seconds what all have accepted from those who have reported to it since. So in any span a citizen may file the limit,
and beside that what other replicas let in before they have read of it: never more than the limit at each of them.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import STAFF, Role
from eventbus.janitor import first_id_at
from runtime.auth import Caller
from runtime.clock import now
from runtime.problems import Problem

EVERY = timedelta(seconds=5)
"""How often it is read what the others have accepted."""
REFUSED = Counter("jieban_reports_over_limit_total", "Reports of citizens that were refused as one too many")
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_UNDERWAY = timedelta(minutes=1)
"""What was begun longer ago is in the database by now, or never will be."""
# An index has the ids of a citizen in order, and they begin with the time.
_READ = sa.text("""
    SELECT complaint.tenant, created_by, id, received_at FROM complaint
    JOIN unnest(CAST(:tenants AS text[]), CAST(:subjects AS text[])) AS wanted (tenant, subject)
        ON complaint.tenant = wanted.tenant AND complaint.created_by = wanted.subject
    WHERE id >= :since
""")
Key = tuple[str, str]
"""Tenant and subject."""


class ReportLimits:
    """Limits of one process; without any it does nothing."""

    def __init__(self, engine: AsyncEngine, per_hour: int | None, per_day: int | None) -> None:
        """None is no limit."""
        self._engine = engine
        self._limits = [(span, most) for span, most in ((_HOUR, per_hour), (_DAY, per_day)) if most is not None]
        self._filed: dict[Key, dict[UUID, datetime]] = {}
        self._unread: set[Key] = set()

    @property
    def is_on(self) -> bool:
        """Whether there is any limit."""
        return bool(self._limits)

    def take(self, caller: Caller, complaint: UUID, at: datetime) -> Problem | None:
        """Count a complaint that is about to be filed; return the refusal, 429 `reports-too-often`, for one too many.

        Those who report for others, staff and partner systems, are not counted.
        """
        if not self._limits or not caller.has(Role.CITIZEN) or caller.has(*STAFF, Role.PARTNER):
            return None
        key = (caller.tenant, caller.subject)
        filed = self._filed.setdefault(key, {})
        refusals = [*self._refusals(filed, at)]
        if refusals:
            REFUSED.inc()
            return max(refusals, key=lambda refusal: int(refusal.headers["Retry-After"]))
        filed[complaint] = at
        self._unread.add(key)
        return None

    def give_back(self, caller: Caller, complaint: UUID) -> None:
        """Count a complaint no more that was not filed after all."""
        self._filed.get((caller.tenant, caller.subject), {}).pop(complaint, None)

    async def renew(self) -> None:
        """Read what all replicas have accepted from those who have reported here since the last time."""
        moment = now()
        keys, self._unread = list(self._unread), set()
        if keys:
            try:
                found = await self._read(keys, moment - _DAY)
            except BaseException:
                self._unread.update(keys)
                raise
            for key in keys:
                mine = self._filed.get(key, {})
                underway = {each: at for each, at in mine.items() if at > moment - _UNDERWAY}
                self._filed[key] = {**underway, **found.get(key, {})}
        for key, filed in [*self._filed.items()]:
            recent = {each: at for each, at in filed.items() if at > moment - _DAY}
            if recent:
                self._filed[key] = recent
            else:
                del self._filed[key]

    async def _read(self, keys: list[Key], since: datetime) -> dict[Key, dict[UUID, datetime]]:
        tenants, subjects = zip(*keys, strict=True)
        found: dict[Key, dict[UUID, datetime]] = {}
        async with self._engine.connect() as connection:
            parameters = {"tenants": list(tenants), "subjects": list(subjects), "since": first_id_at(since)}
            for tenant, subject, complaint, at in await connection.execute(_READ, parameters):
                found.setdefault((tenant, subject), {})[complaint] = at
        return found

    def _refusals(self, filed: dict[UUID, datetime], at: datetime) -> Iterator[Problem]:
        for span, most in self._limits:
            times = sorted(each for each in filed.values() if each > at - span)
            if len(times) >= most:
                wait = (times[-most] + span - at).total_seconds()
                yield Problem(
                    429,
                    "reports-too-often",
                    headers={"Retry-After": str(int(wait) + 1)},
                    most=most,
                    hours=int(span / _HOUR),
                )

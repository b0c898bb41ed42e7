"""What reports are judged by: the configuration of each tenant in memory, renewed when it has changed."""

from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from intake_service.domain.configuration.reference import Reference
from intake_service.domain.configuration.shipped import VERSION, shipped
from intake_service.persistence.configurations import VERSIONS
from intake_service.service.lookout import Lookout

_MOST_OLD = 100
"""Versions that are kept in memory because old complaints show their names."""


@dataclass(frozen=True, slots=True)
class Naming:
    """What things are called in a complaint: as in the version it was filed under, else as in the one in force."""

    filed: Reference
    current: Reference

    def category(self, code: str | None) -> tuple[str, str] | None:
        """Return the Chinese and the English name of a category; None where there is none."""
        found = None if code is None else self.filed.categories.get(code) or self.current.categories.get(code)
        return None if found is None else (found.zh, found.en)

    def source(self, code: str) -> tuple[str, str] | None:
        """Return the Chinese and the English name of a source; None where there is none."""
        found = self.filed.sources.get(code) or self.current.sources.get(code)
        return None if found is None else (found.zh, found.en)


class References:
    """A cache. Every replica goes by a publication after `check_every_seconds` at the latest."""

    def __init__(self, engine: AsyncEngine, *, check_every_seconds: float = 2.0) -> None:
        """Only reads."""
        self._engine = engine
        self._lookout = Lookout(check_every_seconds, "configuration_unread")
        self._current: dict[str, Reference] = {}
        self._old: OrderedDict[tuple[str, int], Reference] = OrderedDict()

    async def current(self, tenant: str) -> Reference:
        """Return what is in force. It costs nothing but once in a while, when it looks for news."""
        if tenant in self._current:
            await self._lookout.look(lambda: self._renew(list(self._current)))
        else:
            await self._renew([tenant])
        return self._current[tenant]

    async def version(self, tenant: str, number: int) -> Reference | None:
        """Return a version of a tenant, None where there is none of that number."""
        current = await self.current(tenant)
        if current.version == number:
            return current
        if number > current.version or number < VERSION:
            return None
        known = self._old.get((tenant, number))
        if known is not None:
            self._old.move_to_end((tenant, number))
            return known
        async with self._engine.connect() as connection:
            row = await VERSIONS.one(connection, tenant, number)
        if row is None:
            return None
        old = self._old[tenant, number] = Reference(number, row.settings)
        if len(self._old) > _MOST_OLD:
            self._old.popitem(last=False)
        return old

    async def namings(self, tenant: str, numbers: Collection[int | None]) -> Mapping[int | None, Naming]:
        """Return what things were called in those versions; None stands for the first."""
        current = await self.current(tenant)
        filed = {number: await self.version(tenant, number or VERSION) for number in set(numbers)}
        return {number: Naming(found or current, current) for number, found in filed.items()}

    async def at(self, tenant: str, moment: datetime) -> Reference:
        """Return what was in force at a moment."""
        async with self._engine.connect() as connection:
            row = await VERSIONS.at(connection, tenant, moment)
        return shipped() if row is None else Reference(row.number, row.settings)

    async def renew(self, tenant: str) -> Reference:
        """Look for news of a tenant now: it has just published."""
        await self._renew([tenant])
        return self._current[tenant]

    async def _renew(self, tenants: Collection[str]) -> None:
        async with self._engine.connect() as connection:
            newest = await VERSIONS.numbers(connection, tenants)
            for tenant in tenants:
                number = newest.get(tenant)
                if number is None:
                    self._current[tenant] = shipped()
                elif tenant not in self._current or self._current[tenant].version < number:
                    row = await VERSIONS.one(connection, tenant, number)
                    if row is not None:
                        self._current[tenant] = Reference(number, row.settings)

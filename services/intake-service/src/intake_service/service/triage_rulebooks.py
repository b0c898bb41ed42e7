"""The triage rules of each tenant in memory, made ready once for each version."""

from collections.abc import Collection
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine

from intake_service.domain.triage_judging import Judge
from intake_service.domain.triage_rules import shipped
from intake_service.persistence.triage_rules import SHIPPED, VERSIONS


class TriageRulebooks:
    """A cache. A worker renews it, so that every replica goes by a publication within seconds."""

    def __init__(self, engine: AsyncEngine, zone: ZoneInfo) -> None:
        """Only reads; `zone` is the time zone of the tenants."""
        self._engine = engine
        self._zone = zone
        self._known: dict[str, Judge] = {}

    async def of(self, tenant: str) -> Judge:
        """Return the rules in force; nothing is asked of the database but when a tenant is met for the first time."""
        if tenant not in self._known:
            await self.renew([tenant])
        return self._known[tenant]

    async def renew(self, tenants: Collection[str] | None = None) -> None:
        """Look for news of the tenants; of all that are known where none are named."""
        wanted = list(self._known if tenants is None else tenants)
        if not wanted:
            return
        async with self._engine.connect() as connection:
            numbers = await VERSIONS.numbers(connection, wanted)
            for tenant in wanted:
                number = numbers.get(tenant, SHIPPED)
                known = self._known.get(tenant)
                if known is not None and known.version >= number:
                    continue
                found = await VERSIONS.newest(connection, tenant)
                number, rules = (SHIPPED, shipped()) if found is None else (found.number, found.settings)
                self._known[tenant] = Judge(number, rules, self._zone)

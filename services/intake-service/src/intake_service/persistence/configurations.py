"""The versions of each tenant's configuration, and its draft."""

from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from intake_service.domain.configuration.items import Configuration
from intake_service.domain.configuration.shipped import shipped
from intake_service.persistence.tables import configuration_draft, configuration_version
from operations.documents import Documents
from operations.versions import Versions

VERSIONS = Versions(configuration_version, Configuration.model_validate)
DRAFTS = Documents(configuration_draft, Configuration.model_validate, shipped().configuration)

_NEWEST = sa.text("""
    SELECT tenant, max(version) AS version FROM configuration_version
    WHERE tenant = ANY(CAST(:tenants AS text[])) GROUP BY tenant
""")


async def newest(connection: AsyncConnection, tenants: Collection[str]) -> Mapping[str, int]:
    """Return the number of the version in force of each of `tenants` that has published one."""
    rows = await connection.execute(_NEWEST, {"tenants": list(tenants)})
    return {row.tenant: row.version for row in rows}

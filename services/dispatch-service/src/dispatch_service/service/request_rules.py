"""How long extensions 延时 and suspensions 挂账 may be in a tenant.

They are read where somebody is granted or refused something, so a change counts for whatever is asked for after it.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.limits import Allowance
from dispatch_service.domain.requests import EXTENSIONS, LONGEST_SUSPENSION, ExtensionRule
from dispatch_service.persistence import clock_settings
from dispatch_service.service.clockworks import allowance_of


async def extensions(connection: AsyncConnection, tenant: str) -> ExtensionRule:
    """Return how long extensions may be, and how many a round may have."""
    setting = await clock_settings.read(connection, tenant, clock_settings.EXTENSION_RULE)
    return extension_rule_of(setting.content)


async def longest_suspension(connection: AsyncConnection, tenant: str) -> Allowance:
    """Return for how long a case may be laid aside."""
    return longest_suspension_of(
        (await clock_settings.read(connection, tenant, clock_settings.SUSPENSION_RULE)).content
    )


def extension_rule_of(content: Mapping[str, Any] | None) -> ExtensionRule:
    """Read the rule of extensions; None stands for the one that is shipped."""
    if content is None:
        return EXTENSIONS
    return ExtensionRule(allowance_of(content["longest"]), content["most"])


def longest_suspension_of(content: Mapping[str, Any] | None) -> Allowance:
    """Read the rule of suspensions; None stands for the one that is shipped."""
    return LONGEST_SUSPENSION if content is None else allowance_of(content["longest"])

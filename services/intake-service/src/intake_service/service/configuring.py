"""Drafts and publications of the configuration."""

from collections.abc import Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from intake_service.domain.configuration.checks import flaws_of
from intake_service.domain.configuration.items import Configuration
from intake_service.domain.configuration.shipped import VERSION, shipped
from intake_service.domain.flaws import Flaw
from intake_service.persistence.configurations import DRAFTS, VERSIONS
from intake_service.service.telling import Occasion, tell
from operations.documents import Kept
from operations.versions import Version

SHIPPED_BY = "shipped"
"""The author of version 1."""


class BadConfiguration(Exception):
    """A configuration that cannot be published."""

    def __init__(self, flaws: Sequence[Flaw]) -> None:
        super().__init__(f"{len(flaws)} flaws")
        self.flaws = flaws


class NoDraft(Exception):
    """There is nothing to publish."""


class NothingNew(Exception):
    """The draft is what is in force already."""


async def draft_of(connection: AsyncConnection, tenant: str) -> Kept[Configuration]:
    """Return the draft; where there is none, what is in force, with the version 0."""
    kept = await DRAFTS.read(connection, tenant)
    if kept.version:
        return kept
    newest = await VERSIONS.newest(connection, tenant)
    return kept if newest is None else Kept(newest.settings)


async def put_draft(
    connection: AsyncConnection,
    occasion: Occasion,
    configuration: Configuration,
    *,
    check_version: Callable[[int], None],
) -> Kept[Configuration]:
    """Make it the draft and return that. Raises BadConfiguration, and what `check_version` raises."""
    refuse_flaws(configuration)
    return await DRAFTS.replace(
        connection,
        occasion.tenant,
        configuration,
        check_version=check_version,
        actor=occasion.actor,
        now=occasion.now,
    )


async def publish(
    connection: AsyncConnection, occasion: Occasion, *, note: str | None, check_version: Callable[[int], None]
) -> Version[Configuration]:
    """Put the draft in force as the next version, and tell the other services what has changed.

    Raises NoDraft, NothingNew, BadConfiguration (checks may be stricter since), and what `check_version` raises.
    With a tenant's first version the shipped one is kept too, as it is now, so that old complaints stay what they were.
    """
    tenant = occasion.tenant
    number = await VERSIONS.lock(connection, tenant)
    draft = await DRAFTS.read(connection, tenant)
    check_version(draft.version)
    if not draft.version:
        raise NoDraft
    refuse_flaws(draft.settings)
    newest = await VERSIONS.newest(connection, tenant)
    before = shipped().configuration if newest is None else newest.settings
    if draft.settings == before:
        raise NothingNew
    if newest is None:
        number = VERSION
        await VERSIONS.put(connection, tenant, before, number=number, actor=SHIPPED_BY, now=occasion.now, note=None)
    version = await VERSIONS.put(
        connection, tenant, draft.settings, number=number + 1, actor=occasion.actor, now=occasion.now, note=note
    )
    await tell(connection, occasion, version.number, draft.settings, before=None if newest is None else before)
    return version


async def tell_again(connection: AsyncConnection, occasion: Occasion) -> int:
    """Tell the other services of all that is in force, as new events, and return of how many items."""
    await VERSIONS.lock(connection, occasion.tenant)
    newest = await VERSIONS.newest(connection, occasion.tenant)
    number, configuration = (VERSION, shipped().configuration) if newest is None else (newest.number, newest.settings)
    return await tell(connection, occasion, number, configuration, before=None)


def refuse_flaws(configuration: Configuration) -> None:
    """Raise BadConfiguration with all that is wrong between the items."""
    if flaws := list(flaws_of(configuration)):
        raise BadConfiguration(flaws)

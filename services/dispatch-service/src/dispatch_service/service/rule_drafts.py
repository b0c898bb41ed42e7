"""Keeps the draft of a tenant's rules, and puts it in force."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.rule_checks import Known, RuleFault, flaws_of, strangers
from dispatch_service.persistence import documents, rule_references, rule_sets
from dispatch_service.persistence.documents import Document
from dispatch_service.persistence.rows import Row
from dispatch_service.persistence.rule_sets import DRAFT
from dispatch_service.persistence.tables import routing_document
from dispatch_service.service.rule_reading import rules_of

RuleRow = Mapping[str, Any]


class BadRules(Exception):
    """Rules that cannot be put in force as they are."""

    def __init__(self, faults: Sequence[RuleFault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


class NoDraft(Exception):
    """There are no rules to publish or to try."""


async def check(connection: AsyncConnection, tenant: str, rows: Sequence[RuleRow]) -> None:
    """Raise BadRules where `rows` contradict themselves or one another, or name what the tenant has not."""
    known = (await rule_references.known(connection, [tenant]))[tenant]
    faults = await asyncio.to_thread(_faults, rows, known)
    if faults:
        raise BadRules(faults)


async def put(
    connection: AsyncConnection,
    tenant: str,
    rows: Sequence[RuleRow],
    *,
    check_version: Callable[[int], None],
    actor: str,
    now: datetime,
) -> Document:
    """Make `rows` the draft and return it. Raises BadRules, and what `check_version` raises."""
    await check(connection, tenant, rows)
    return await documents.replace(
        connection, routing_document, tenant, DRAFT, list(rows), check_version=check_version, actor=actor, now=now
    )


async def draft_of(connection: AsyncConnection, tenant: str) -> Document:
    """Return the draft as it stands."""
    return await documents.read(connection, routing_document, tenant, DRAFT)


async def publish(
    connection: AsyncConnection,
    tenant: str,
    *,
    check_version: Callable[[int], None],
    note: str | None,
    actor: str,
    now: datetime,
) -> Row:
    """Put the draft in force as the next version; what was switched off is on again.

    Raises NoDraft, BadRules (teams and places may have gone since the draft was put), and what `check_version` raises.
    """
    draft = await documents.lock(connection, routing_document, tenant, DRAFT)
    check_version(draft.version)
    if not draft.version:
        raise NoDraft
    await check(connection, tenant, draft.content)
    return await rule_sets.publish(connection, tenant, draft.content, note=note, actor=actor, now=now)


def _faults(rows: Sequence[RuleRow], known: Known) -> list[RuleFault]:
    rules = rules_of(rows)
    return [*flaws_of(rules), *strangers(rules, known)]

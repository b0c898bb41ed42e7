"""The closing rules of tenants as the domain knows them: read with every slice, parsed once."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from ledger_service.domain.closing_rules import DEFAULT, Gate, Rule, RuleBook, Version
from ledger_service.domain.complaint import Complaint
from ledger_service.persistence import closing_rules
from ledger_service.persistence.closing_rules import Content, Gates

_MOST_KEPT = 64
_kept: dict[tuple["_Key", ...], RuleBook] = {}
"""A version never changes, so the books of the newest ones serve until there are newer."""


class _Key(NamedTuple):
    tenant: str
    number: int
    in_force_from: datetime
    put_at: datetime
    """Tells databases apart."""


async def rule_books(connection: AsyncConnection, tenants: Collection[str]) -> Mapping[str, RuleBook]:
    """Return the books of those tenants that have put rules; one statement where nothing has changed since the last."""
    found: dict[str, list[_Key]] = defaultdict(list)
    for row in await closing_rules.versions(connection, tenants):
        found[row[0]].append(_Key(*row))
    return {tenant: await _book(connection, tuple(keys)) for tenant, keys in found.items()}


async def rule_of(connection: AsyncConnection, complaint: Complaint) -> Rule:
    """Return what the complaint's present round goes by."""
    books = await rule_books(connection, {complaint.tenant})
    book = books.get(complaint.tenant)
    return DEFAULT if book is None else book.rule(complaint.closing_version, complaint.category, complaint.source or "")


async def _book(connection: AsyncConnection, keys: tuple[_Key, ...]) -> RuleBook:
    book = _kept.get(keys)
    if book is None:
        contents = await closing_rules.contents(connection, keys[0].tenant)
        book = RuleBook([_version(key, *contents[key.number]) for key in keys])
        if len(_kept) >= _MOST_KEPT:
            _kept.pop(next(iter(_kept)))
        _kept[keys] = book
    return book


def _version(key: _Key, content: Content, gates: Gates) -> Version:
    said = {code: tuple(map(Gate, each)) for code, each in gates.items()}
    return Version(key.number, key.in_force_from, tuple(Rule.of(each) for each in content), said)

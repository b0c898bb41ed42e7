"""What of an entry is sealed, byte for byte: the same here, in an export, and for whoever checks one.

The leaf of an entry is the text of `Sealed.text`. What may have to be erased (who acted, what was said) is not in it,
only its digest, which is salted so that nobody can guess what was erased. Every entry is linked to the one before.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple, Self

from ledger_service.domain.merkle import hash_leaf

FIRST_LINK = bytes(32)
"""What the first entry of a tenant is linked to."""
SALT_BYTES = 16
_VERSION = "jieban-entry-v1"


class Fields(NamedTuple):
    """An entry as it is sealed and exported: ids and times are texts, which whoever checks need not read."""

    tenant: str
    position: int
    event_id: str
    subject: str
    """The complaint or, where the kind of entry is about none, what else it is about."""
    type: str
    source: str
    sequence: int
    status_before: str | None
    status_after: str | None
    """None where the entry is about no complaint; the leaf says nothing then."""
    occurred_at: str
    """As `instant` writes it."""
    recorded_at: str

    @classmethod
    def of(cls, row: Sequence[Any]) -> Self:
        """Read a row of an entry that has these columns in this order, ids and times as the database gives them."""
        tenant, position, event_id, subject, kind, source, sequence, before, after, occurred_at, recorded_at = row
        times = instant(occurred_at), instant(recorded_at)
        return cls(tenant, position, str(event_id), str(subject), kind, source, sequence, before, after, *times)


class Unsealed(NamedTuple):
    """An entry that waits for its seal."""

    fields: Fields
    salt: bytes | None
    actor: str | None
    data: str
    """Empty where it was erased."""
    erased_digest: bytes | None
    """What is left of `data`, `actor` and `salt` where they were erased."""


class Seal(NamedTuple):
    """What proves an entry. `number` counts the sealed entries of a tenant from 0: the leaf's place in the tree."""

    number: int
    position: int
    digest: bytes
    leaf: bytes
    link: bytes


def digest(salt: bytes | None, actor: str | None, data: str) -> bytes:
    """Return the digest of what may have to be erased; entries of old releases have no salt."""
    who = (actor or "").encode()
    begin = b"salted" + salt if salt else b"plain"
    return sha256(b"%b%d\n%b\n%b" % (begin, len(who), who, data.encode())).digest()


def leaf_hash(fields: Fields, content: bytes) -> bytes:
    """Return the hash of an entry's leaf; `content` is the digest of the rest of the entry."""
    return hash_leaf(_text(fields, content))


def link(previous: bytes, leaf: bytes) -> bytes:
    """Return the link of an entry whose predecessor's is `previous`."""
    return sha256(previous + leaf).digest()


def seals_of(entries: Iterable[Unsealed], *, first: int, previous: bytes) -> list[Seal]:
    """Return the seals of entries one after the other, numbered from `first`; `previous` is the link before them."""
    made: list[Seal] = []
    for number, (fields, salt, actor, data, erased_digest) in enumerate(entries, start=first):
        content = digest(salt, actor, data) if erased_digest is None else erased_digest
        leaf = leaf_hash(fields, content)
        previous = link(previous, leaf)
        made.append(Seal(number, fields.position, content, leaf, previous))
    return made


def _text(fields: Fields, content: bytes) -> bytes:
    (tenant, position, event_id, subject, kind, source, sequence, before, after, occurred_at, recorded_at) = fields
    return (
        f"{_VERSION}\n{tenant}\n{position}\n{event_id}\n{subject}\n{kind}\n{source}\n{sequence}\n{before or ''}\n"
        f"{after or ''}\n{occurred_at}\n{recorded_at}\n{content.hex()}"
    ).encode()


def instant(moment: datetime) -> str:
    """Return a time in UTC to the microsecond, as leaves and exports write it."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")

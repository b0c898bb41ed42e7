"""Sealed ledgers of a county that never was, their checkpoints, and exports of them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from ledger_service.domain.checkpoints import Checkpoint, Signer, origin_of
from ledger_service.domain.exporting import Header, encode, encode_header
from ledger_service.domain.merkle import Frontier
from ledger_service.domain.sealing import FIRST_LINK, Fields, Seal, digest, leaf_hash, link
from ledger_service.domain.verifying import Line

COUNTY = "522723"
ORIGIN = origin_of(COUNTY)
SIGNER = Signer(ORIGIN, "a secret of the tests")
AT = datetime(2026, 11, 23, 8, tzinfo=UTC)


def ledger(size: int = 20) -> list[Line]:
    """A sealed ledger, with four entries a complaint."""
    return sealed([_entry(number) for number in range(size)])


def sealed(lines: Iterable[Line]) -> list[Line]:
    """Seal the lines anew, as one would who may write everywhere."""
    last, made = FIRST_LINK, []
    for number, line in enumerate(lines):
        content = digest(line.salt, line.actor, line.data or "")
        leaf = leaf_hash(line.fields, content)
        last = link(last, leaf)
        made.append(line._replace(seal=Seal(number, line.fields.position, content, leaf, last)))
    return made


def forged(lines: Sequence[Line], number: int) -> list[Line]:
    """Change what an entry says, and seal everything anew."""
    return sealed([*lines[:number], lines[number]._replace(data='{"note": "forged"}'), *lines[number + 1 :]])


def erased(line: Line) -> Line:
    """An entry that has lost its texts."""
    return line._replace(actor=None, data=None, salt=None)


def with_erasure(at: int) -> list[Line]:
    """A ledger in which an entry of the complaint of entries 4 to 7 erases it."""
    lines = ledger()
    fields = lines[at].fields._replace(subject=lines[4].fields.subject, type="complaint.erased")
    lines[at] = lines[at]._replace(fields=fields)
    return sealed(lines)


def checkpoint(lines: Iterable[Line]) -> Checkpoint:
    """What would be signed of a ledger that ends with these lines."""
    tree = Frontier()
    for line in lines:
        tree.append(line.seal.leaf)
    return Checkpoint(ORIGIN, tree.size, tree.root(), AT)


def written(
    path: Path,
    lines: Sequence[Line],
    signed: Iterable[Checkpoint] = (),
    *,
    tenant: str = COUNTY,
    signer: Signer = SIGNER,
    entries: int | None = None,
) -> Path:
    """Write an export; `entries` is how many its first line promises, those there are by default."""
    notes = [signer.sign(each) for each in signed]
    count = len(lines) if entries is None else entries
    header = Header(
        tenant=tenant,
        entries=count,
        verifier_key=signer.verifier_key,
        earlier_keys=signer.earlier_keys,
        checkpoints=notes,
    )
    path.write_bytes(encode_header(header) + b"".join([encode(line) for line in lines]))
    return path


def _entry(number: int) -> Line:
    moment = AT + timedelta(seconds=number)
    fields = Fields.of((
        COUNTY, number * 3, UUID(int=number), UUID(int=number // 4), "complaint.accepted", "dispatch", 1, "assigned",
        "accepted", moment, moment,
    ))  # fmt: skip
    return Line(fields, "officer-1", f'{{"note": "{number}"}}', bytes([number]) * 16, Seal(0, 0, b"", b"", b""))

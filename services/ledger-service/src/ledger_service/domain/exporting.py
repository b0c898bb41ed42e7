"""A sealed ledger as a file: lines of JSON, the first of them says whose it is and what was signed of it."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from ledger_service.domain.entry_types import is_of_complaint
from ledger_service.domain.sealing import Fields, Seal
from ledger_service.domain.verifying import Line

FORMAT = "jieban-ledger-v1"
Written = TypeVar("Written")


class BadExport(ValueError):
    """A line is not what this version writes; the message says what is wrong with it, as in "is no JSON"."""


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first line."""

    format: str = FORMAT
    tenant: str
    entries: int
    """How many were sealed when it was begun; there may be more."""
    verifier_key: str
    checkpoints: Sequence[str]
    """Signed notes, the shortest tree first."""
    earlier_keys: Sequence[str] = ()
    """With which notes were signed before the secret was another one."""


class _Entry(msgspec.Struct, frozen=True, omit_defaults=True, rename={"before": "from", "after": "to"}):
    """Any other line; what is bytes here is base64 there."""

    number: int
    position: int
    tenant: str
    event_id: str
    type: str
    source: str
    sequence: int
    before: str | None
    after: str | None
    at: str
    recorded_at: str
    actor: str | None
    data: str | None
    salt: bytes | None
    digest: bytes
    leaf: bytes
    link: bytes
    complaint_id: str | None = None
    subject: str | None = None


_ENCODER = msgspec.json.Encoder()
_HEADER = msgspec.json.Decoder(Header)
_ENTRY = msgspec.json.Decoder(_Entry)


def encode_header(header: Header) -> bytes:
    """Return the first line."""
    return _ENCODER.encode(header) + b"\n"


def decode_header(line: bytes) -> Header:
    """Read the first line; raises BadExport."""
    try:
        header = _decode(_HEADER, line)
    except BadExport as error:
        raise BadExport(f"the first line is not the header of a {FORMAT} export: it {error}") from error
    if header.format != FORMAT:
        raise BadExport(f"the first line is not the header of a {FORMAT} export")
    return header


def encode(line: Line) -> bytes:
    """Return the line of an entry."""
    fields, seal = line.fields, line.seal
    is_complaints = is_of_complaint(fields.type)
    entry = _Entry(
        seal.number,
        fields.position,
        fields.tenant,
        fields.event_id,
        fields.type,
        fields.source,
        fields.sequence,
        fields.status_before,
        fields.status_after,
        fields.occurred_at,
        fields.recorded_at,
        line.actor,
        line.data,
        line.salt or None,
        seal.digest,
        seal.leaf,
        seal.link,
        fields.subject if is_complaints else None,
        None if is_complaints else fields.subject,
    )
    return _ENCODER.encode(entry) + b"\n"


def decode(line: bytes) -> Line:
    """Read the line of an entry; raises BadExport."""
    entry = _decode(_ENTRY, line)
    subject = entry.complaint_id if is_of_complaint(entry.type) else entry.subject
    if subject is None:
        raise BadExport(f"lacks its {'complaint_id' if is_of_complaint(entry.type) else 'subject'}")
    fields = Fields(
        entry.tenant,
        entry.position,
        entry.event_id,
        subject,
        entry.type,
        entry.source,
        entry.sequence,
        entry.before,
        entry.after,
        entry.at,
        entry.recorded_at,
    )
    seal = Seal(entry.number, entry.position, entry.digest, entry.leaf, entry.link)
    return Line(fields, entry.actor, entry.data, entry.salt, seal)


def _decode(decoder: "msgspec.json.Decoder[Written]", line: bytes) -> Written:
    try:
        return decoder.decode(line)
    except msgspec.ValidationError as error:
        raise BadExport(f"does not fit: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadExport(f"is no JSON: {error}") from error
    except RecursionError as error:
        raise BadExport("does not fit: it is nested too deep") from error

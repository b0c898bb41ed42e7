"""A sealed ledger as a file: lines of JSON, the first of them says whose it is and what was signed of it."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from ledger_service.domain.entry_types import is_of_complaint
from ledger_service.domain.sealing import Fields, Seal, instant
from ledger_service.domain.verifying import Line

FORMAT = "jieban-ledger-v1"


class BadExport(ValueError):
    """A line is not what this version writes; the message says what is wrong with it."""


@dataclass(frozen=True)
class Header:
    """The first line."""

    tenant: str
    entries: int
    verifier_key: str
    checkpoints: Sequence[str]
    """Signed notes, the shortest tree first."""


def encode_header(header: Header) -> bytes:
    """Return the first line."""
    return _line(
        {
            "format": FORMAT,
            "tenant": header.tenant,
            "entries": header.entries,
            "verifier_key": header.verifier_key,
            "checkpoints": list(header.checkpoints),
        }
    )


def decode_header(line: bytes) -> Header:
    """Read the first line; raises BadExport."""
    given = _object(line)
    if given.get("format") != FORMAT:
        raise BadExport(f"the first line is not the header of a {FORMAT} export")
    try:
        return Header(given["tenant"], given["entries"], given["verifier_key"], given["checkpoints"])
    except KeyError as error:
        raise BadExport(f"the header lacks {error}") from error


def encode(line: Line) -> bytes:
    """Return the line of an entry."""
    fields, seal = line.fields, line.seal
    return _line(
        {
            "number": seal.number,
            "position": fields.position,
            "tenant": fields.tenant,
            "event_id": str(fields.event_id),
            _about(fields.type): str(fields.subject),
            "type": fields.type,
            "source": fields.source,
            "sequence": fields.sequence,
            "from": fields.status_before,
            "to": fields.status_after,
            "at": instant(fields.occurred_at),
            "recorded_at": instant(fields.recorded_at),
            "actor": line.actor,
            "data": line.data,
            "salt": b64encode(line.salt).decode() if line.salt else None,
            "digest": b64encode(seal.digest).decode(),
            "leaf": b64encode(seal.leaf).decode(),
            "link": b64encode(seal.link).decode(),
        }
    )


def decode(line: bytes) -> Line:
    """Read the line of an entry; raises BadExport."""
    given = _object(line)
    try:
        fields = Fields(
            given["tenant"],
            given["position"],
            UUID(given["event_id"]),
            UUID(given[_about(given["type"])]),
            given["type"],
            given["source"],
            given["sequence"],
            given["from"],
            given["to"],
            datetime.fromisoformat(given["at"]),
            datetime.fromisoformat(given["recorded_at"]),
        )
        seal = Seal(
            given["number"], given["position"], _bytes(given["digest"]), _bytes(given["leaf"]), _bytes(given["link"])
        )
        return Line(fields, given["actor"], given["data"], _bytes(given["salt"]) if given["salt"] else None, seal)
    except KeyError as error:
        raise BadExport(f"an entry lacks {error}") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise BadExport(f"an entry has a value that is none: {error}") from error


def _about(entry_type: str) -> str:
    """Return the name of the field that says what an entry is about: the same as that of the column."""
    return "complaint_id" if is_of_complaint(entry_type) else "subject"


def _bytes(text: str) -> bytes:
    return b64decode(text, validate=True)


def _line(content: dict[str, Any]) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE)


def _object(line: bytes) -> dict[str, Any]:
    try:
        content = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BadExport(f"a line is no JSON: {error}") from error
    if not isinstance(content, dict):
        raise BadExport("a line is no JSON object")
    return content

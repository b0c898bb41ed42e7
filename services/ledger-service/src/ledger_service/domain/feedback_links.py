"""Links by which a reporter gives their word without an account: signed, for one round of one complaint, with an end.

Nothing is stored: whoever has the key can tell which links are ours.
"""

import base64
import hmac
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self
from uuid import UUID

PREFIX = "jbf_"
"""Logs leave out what begins so."""
_FORM = struct.Struct(">16sII")
"""Complaint, round, and the end in seconds since 1970; the tenant follows."""
_MAC_BYTES = 16
_PURPOSE = b"jieban feedback links"


class LinkUnknown(Exception):
    """The text is no link of ours."""


def link_key(secret: str) -> bytes:
    """Return the key that is made from the ledger's secret for links, and is of no use for anything else."""
    return hmac.digest(secret.encode(), _PURPOSE, "sha256")


@dataclass(frozen=True, slots=True)
class FeedbackLink:
    """What a link says."""

    tenant: str
    complaint_id: UUID
    round: int
    expires_at: datetime

    def sign(self, key: bytes) -> str:
        """Return its text, of letters, digits, `-` and `_`."""
        end = int(self.expires_at.timestamp())
        payload = _FORM.pack(self.complaint_id.bytes, self.round, end) + self.tenant.encode()
        return PREFIX + base64.urlsafe_b64encode(_mac(key, payload) + payload).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, key: bytes) -> Self:
        """Return what the text says, in constant time; raise LinkUnknown where it was not signed with `key`."""
        body = text.removeprefix(PREFIX)
        try:
            raw = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
        except ValueError as error:
            raise LinkUnknown from error
        mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, _mac(key, payload)):
            raise LinkUnknown
        complaint, number, end = _FORM.unpack_from(payload)
        link = cls(payload[_FORM.size :].decode(), UUID(bytes=complaint), number, datetime.fromtimestamp(end, UTC))
        if not hmac.compare_digest(link.sign(key).encode(), text.encode()):
            raise LinkUnknown  # the same bytes in another spelling
        return link


def _mac(key: bytes, payload: bytes) -> bytes:
    return hmac.digest(key, payload, "sha256")[:_MAC_BYTES]

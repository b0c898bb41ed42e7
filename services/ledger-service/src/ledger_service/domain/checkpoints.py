"""Signed statements of how long the ledger is and what its root is, as C2SP's tlog-checkpoint and signed-note say.

    jieban/522723                                  whose ledger
    1734                                           how many entries
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=   the root of their tree
    2026-11-23T08:00:00.000000+00:00               when it was signed

    — jieban/522723 5M3XHe0f…                      the signature (Ed25519)

Whoever keeps one can tell later whether anything before it was changed.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger_service.domain.sealing import instant

_ED25519 = b"\x01"
_KEY_ID_BYTES = 4
_NOTE = re.compile(
    r"(?P<body>(?P<origin>[^\n]+)\n(?P<size>0|[1-9]\d{0,18})\n(?P<root>[A-Za-z0-9+/]{43}=)\n(?P<at>[^\n]+)\n)"
    r"\n— (?P<name>[^ \n]+) (?P<signature>[A-Za-z0-9+/]{91}=)\n"
)


class BadCheckpoint(ValueError):
    """A checkpoint, or the key that is to check it, is not what it should be."""


class TamperedCheckpoint(BadCheckpoint):
    """It looks like one, and the key did not sign what it says."""


class OtherKey(TamperedCheckpoint):
    """It says itself that another key has signed it."""


@dataclass(frozen=True)
class Checkpoint:
    """The tree of a tenant's first `size` entries, at a time."""

    origin: str
    size: int
    root: bytes
    at: datetime

    def text(self) -> str:
        """Return what is signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n{instant(self.at)}\n"


def origin_of(tenant: str) -> str:
    """Return the name under which a tenant's ledger signs."""
    return f"jieban/{tenant}"


class Signer:
    """Signs checkpoints of one ledger."""

    def __init__(self, origin: str, secret: str, earlier_keys: Sequence[str] = ()) -> None:
        """`secret` is any text that nobody else has; the key is made from it and from `origin`.

        `earlier_keys` are public keys, of any ledger, of which this one trusts its own: it signed with them before.
        """
        self._origin = origin
        self.earlier_keys = [each for each in earlier_keys if key_name(each) == origin]
        self._key = Ed25519PrivateKey.from_private_bytes(sha256(f"{origin} ledger {secret}".encode()).digest())

    @property
    def verifier_key(self) -> str:
        """What anyone needs to check signatures: name, id and public key, as signed-note writes it."""
        public = _ED25519 + self._key.public_key().public_bytes_raw()
        return f"{self._origin}+{_key_id(self._origin, public).hex()}+{b64encode(public).decode()}"

    def sign(self, checkpoint: Checkpoint) -> str:
        """Return the signed note."""
        text = checkpoint.text()
        public = _ED25519 + self._key.public_key().public_bytes_raw()
        signature = _key_id(self._origin, public) + self._key.sign(text.encode())
        return f"{text}\n— {self._origin} {b64encode(signature).decode()}\n"


def opened(note: str, *verifier_keys: str) -> Checkpoint:
    """Return what a note says, if one of the keys signed it; raise OtherKey, TamperedCheckpoint or BadCheckpoint.

    What editors and shells do to a text that is kept is put right: line ends of Windows, and newlines at the end that
    are too many or missing. Anything else has to be as it was signed.
    """
    keys = {(name, key_id): key for name, key_id, key in map(_parsed, verifier_keys)}
    found = _NOTE.fullmatch(note.replace("\r\n", "\n").rstrip("\n") + "\n")
    if found is None:
        raise BadCheckpoint("this is no signed checkpoint")
    name, size = found["name"], found["size"]
    if name != found["origin"] or all(name != other for other, _ in keys):
        whose = ", ".join(sorted({other for other, _ in keys}))
        raise BadCheckpoint(f"this checkpoint is of {found['origin']}, signed by {name}; the key is {whose}'s")
    signature = b64decode(found["signature"])
    key = keys.get((name, signature[:_KEY_ID_BYTES]))
    if key is None:
        other = signature[:_KEY_ID_BYTES].hex()
        raise OtherKey(f"the checkpoint of {size} entries was signed with another key of {name}: {other}")
    try:
        key.verify(signature[_KEY_ID_BYTES:], found["body"].encode())
        at = datetime.fromisoformat(found["at"])
    except (InvalidSignature, ValueError) as error:
        raise TamperedCheckpoint(f"the signature of the checkpoint of {size} entries is not {name}'s") from error
    return Checkpoint(found["origin"], int(found["size"]), b64decode(found["root"]), at)


def key_name(verifier_key: str) -> str:
    """Return the origin that a key signs for; raises BadCheckpoint where it is no key."""
    return _parsed(verifier_key)[0]


def _parsed(verifier_key: str) -> tuple[str, bytes, Ed25519PublicKey]:
    name, _, rest = verifier_key.partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        public = b64decode(encoded, validate=True)
        key = Ed25519PublicKey.from_public_bytes(public[1:])
    except (ValueError, NotBase64) as error:
        raise BadCheckpoint("the key is not of the form NAME+ID+BASE64") from error
    if public[:1] != _ED25519 or key_id != _key_id(name, public).hex():
        raise BadCheckpoint(f"the key of {name} is not an Ed25519 key, or its id is wrong")
    return name, bytes.fromhex(key_id), key


def _key_id(name: str, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + public).digest()[:_KEY_ID_BYTES]

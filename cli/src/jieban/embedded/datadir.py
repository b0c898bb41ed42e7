"""The layout of a data directory, and the secrets kept in it."""

import errno
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from jieban.errors import UserError

_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_FULL = "The disk that holds {} is full: free some space or choose another --data-dir."
PRIVATE_DIRECTORY = 0o700
PRIVATE_FILE = 0o600


@dataclass(frozen=True, slots=True)
class DataDir:
    """Where the embedded servers of one installation keep their data, logs and secrets."""

    root: Path
    """Absolute and free of symbolic links, so that a command line that names it can be recognised."""

    @classmethod
    def open(cls, root: Path) -> "DataDir":
        """Create what is missing and prove that it can be written to.

        Raises `UserError` when the directory cannot be made or written, or its disk is full.
        """
        try:
            root.mkdir(parents=True, exist_ok=True)
            directory = cls(root.resolve())
            for private in (directory.secrets, directory.logs, directory.run):
                private.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
            directory._prove_writable()
        except OSError as error:
            raise unusable(root, error) from error
        return directory

    @property
    def secrets(self) -> Path:
        """Passwords and keys; each file is readable by its owner alone."""
        return self.root / "secrets"

    @property
    def logs(self) -> Path:
        """What the servers write while they run."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """Generated configuration, ports and process ids: may be deleted while nothing runs."""
        return self.root / "run"

    @property
    def lock_file(self) -> Path:
        """Locked by the process that uses the directory."""
        return self.root / "lock"

    @property
    def token_secret_file(self) -> Path:
        """The key that signs the tokens of the local issuer."""
        return self.secrets / "token-secret"

    @property
    def ledger_secret_file(self) -> Path:
        """What the key is made from that signs the ledger's checkpoints."""
        return self.secrets / "ledger-signing-secret"

    def secret(self, name: str) -> str:
        """Return the secret of that name: 256 random bits in hexadecimal, made at its first use."""
        path = self.secrets / name
        if not path.exists():
            write_atomically(path, secrets.token_hex(32))
        return path.read_text(encoding="ascii").strip()

    def preferred_port(self, server: str) -> int | None:
        """Return the port that a server listened on last time, so that addresses outlive a restart."""
        try:
            port = json.loads((self.run / f"{server}-port.json").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None
        return port if isinstance(port, int) else None

    def remember_port(self, server: str, port: int) -> None:
        """Record the port that a server listens on."""
        write_atomically(self.run / f"{server}-port.json", json.dumps(port))

    def _prove_writable(self) -> None:
        probe = self.run / f".probe-{os.getpid()}"
        try:
            with probe.open("wb") as file:
                file.write(bytes(64 * 1024))
                os.fsync(file.fileno())
        finally:
            probe.unlink(missing_ok=True)


def write_atomically(path: Path, text: str) -> None:
    """Replace a private file in one step: a crash leaves either the old text or the new one."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def unusable(path: Path, error: OSError) -> UserError:
    """Say why a path cannot be written, and what helps."""
    if error.errno in _DISK_FULL:
        return UserError(_FULL.format(path))
    return UserError(f"{path} cannot be written ({error.strerror}): choose another --data-dir.")

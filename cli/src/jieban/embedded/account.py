"""The unprivileged account that PostgreSQL runs under when jieban itself runs as root."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from jieban.errors import UserError

_CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine that is not root."""

    name: str
    uid: int
    gid: int

    def can_use(self, program: Path) -> bool:
        """Tell whether the account may run the program: execute it and search every directory above it."""
        return self._may_execute(program) and self.can_reach(program)

    def can_reach(self, path: Path) -> bool:
        """Tell whether the account may search every directory above the path."""
        return all(self._may_execute(parent) for parent in path.resolve().parents)

    def own(self, path: Path) -> None:
        """Give the path to the account."""
        os.chown(path, self.uid, self.gid)

    def _may_execute(self, path: Path) -> bool:
        status = path.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)


def server_account(cluster: Path) -> Account | None:
    """Return who has to run the PostgreSQL of a data directory: nobody but ourselves unless we are root.

    As root, an existing cluster keeps its owner; a new one goes to an account that every system has.
    """
    if os.geteuid() != 0:
        return None
    if cluster.exists() and (owner := cluster.stat().st_uid) != 0:
        return _account(owner)
    for name in _CANDIDATES:
        try:
            return _account(pwd.getpwnam(name).pw_uid)
        except KeyError:
            continue
    raise UserError("PostgreSQL refuses to run as root and there is no account 'nobody': run as an ordinary user.")


def _account(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise UserError(
            f"The PostgreSQL data belongs to user id {uid}, which this system does not know: "
            "run as that user or choose another --data-dir."
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)

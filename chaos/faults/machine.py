"""Faults of the machine that a replica runs on: a wrong clock, too few files."""

import os
import resource
from importlib.util import find_spec
from pathlib import Path
from random import Random

from chaos.faults.base import Fault
from chaos.replicas import Replica
from chaos.system import System

_PLACES = ("/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime", "/usr/lib64/faketime")
_LIBRARY = "libfaketime*.so.1"


def faketime_library() -> Path | None:
    """Return the libfaketime of the Python package of that name or of the system; None where there is neither."""
    spec = find_spec("libfaketime")
    packaged = [Path(place) / "vendor" for place in spec.submodule_search_locations or ()] if spec else []
    found = [library for place in packaged for library in place.rglob(_LIBRARY)]
    found += [library for place in _PLACES for library in Path(place).glob(_LIBRARY)]
    return found[0] if found else None


class WrongClock(Fault):
    """The clock of a replica is hours ahead of all others, then right again."""

    name, number, bound_seconds, seconds = "wrong-clock", 16, 5.0, 12.0
    jumps = ("+40m", "+3h", "+5h")

    def __init__(self) -> None:
        super().__init__()
        self._victim: Replica | None = None

    async def inject(self, system: System, random: Random) -> None:
        jump = random.choice(self.jumps)
        self._victim = random.choice(system.all_replicas)
        self.detail = f"{self._victim.name} {jump}"
        await self._victim.terminate()
        await self._victim.start(LD_PRELOAD=str(faketime_library()), FAKETIME=jump, FAKETIME_DONT_FAKE_MONOTONIC="1")

    async def clear(self, system: System) -> None:
        if self._victim is not None:
            await self._victim.terminate()
            await self._victim.start()


class FewFiles(Fault):
    """A replica may open hardly any file or connection more."""

    name, number, bound_seconds, seconds = "few-files", 29, 5.0, 10.0
    spare = 2

    def __init__(self) -> None:
        super().__init__()
        self._limited: tuple[int, tuple[int, int]] | None = None

    async def inject(self, system: System, random: Random) -> None:
        victim = random.choice(system.all_replicas)
        if (pid := victim.pid) is None:
            return
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        self._limited = pid, before
        limit = len(os.listdir(f"/proc/{pid}/fd")) + self.spare
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (limit, before[1]))
        self.detail = f"{victim.name}: {limit}"

    async def clear(self, system: System) -> None:
        if self._limited is not None:
            pid, before = self._limited
            if any(replica.pid == pid for replica in system.all_replicas):
                resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


ALL: tuple[type[Fault], ...] = (WrongClock, FewFiles) if faketime_library() else (FewFiles,)

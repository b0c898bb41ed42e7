"""Faults of the services' own processes: killed, frozen, restarted."""

import asyncio
from random import Random

from chaos.faults.base import SERVICES, Fault, GoingOn
from chaos.replicas import Ended, Replica
from chaos.system import System


class _Kill(Fault):
    """One replica dies; its supervisor starts it again."""

    number = 1
    bound_seconds = 5.0
    service: str

    async def inject(self, system: System, random: Random) -> None:
        victim = random.choice(system.replicas[self.service])
        self.detail = victim.name
        victim.kill()


class KillIntake(_Kill):
    """A replica of intake dies."""

    name, service = "kill-intake", "intake"


class KillDispatch(_Kill):
    """A replica of dispatch dies."""

    name, service = "kill-dispatch", "dispatch"


class KillLedger(_Kill):
    """A replica of the ledger dies."""

    name, service = "kill-ledger", "ledger"


class KillRelays(GoingOn):
    """All replicas of a service die at random moments, again and again: some between sending and marking."""

    name, number, bound_seconds, seconds = "kill-relays", 2, 5.0, 12.0

    async def keep_on(self, system: System, random: Random) -> None:
        service = random.choice(SERVICES)
        self.detail = service
        while True:
            await _all_listen(system.replicas[service])
            await asyncio.sleep(random.uniform(0, 1.5))
            for replica in system.replicas[service]:
                replica.kill()


class FreezeReplica(Fault):
    """A replica stands still for longer than its sessions last, and goes on as if nothing had been."""

    name, number, bound_seconds, seconds = "freeze-replica", 3, 8.0, 14.0

    def __init__(self) -> None:
        super().__init__()
        self._victim: Replica | None = None

    async def inject(self, system: System, random: Random) -> None:
        self._victim = random.choice(system.all_replicas)
        self.detail = self._victim.name
        self._victim.freeze()

    async def clear(self, system: System) -> None:
        if self._victim is not None:
            self._victim.thaw()


class RollingRestart(Fault):
    """Every replica is asked to end and started again, one after the other."""

    name, number, bound_seconds, longest_delay_seconds = "rolling-restart", 4, 5.0, 3.0
    longest_seconds = 12.0
    """For a replica to finish what is in hand and go."""

    def __init__(self) -> None:
        super().__init__()
        self._ended: dict[str, Ended] = {}

    async def inject(self, system: System, random: Random) -> None:
        replicas = list(system.all_replicas)
        random.shuffle(replicas)
        for replica in replicas:
            self._ended[replica.name] = await replica.terminate()
            await replica.start()
        slowest = max(self._ended.values())
        self.detail = f"{len(replicas)} replicas, at most {slowest.seconds:.1f} s to end"

    async def clear(self, system: System) -> None:
        await _start_missing(system.all_replicas)

    async def check(self, _system: System) -> list[str]:
        return [
            f"{name} ended with code {ended.code} after {ended.seconds:.1f} s"
            for name, ended in self._ended.items()
            if ended.code != 0 or ended.seconds > self.longest_seconds
        ]


class RebalanceStorm(GoingOn):
    """Replicas leave and join all the time."""

    name, number, bound_seconds, seconds = "rebalance-storm", 26, 8.0, 24.0

    async def keep_on(self, system: System, random: Random) -> None:
        self.detail = "a replica of dispatch or the ledger every 3 s"
        while True:
            replica = random.choice([*system.replicas["dispatch"], *system.replicas["ledger"]])
            await replica.terminate()
            await asyncio.sleep(3)
            await replica.start()

    async def clear(self, system: System) -> None:
        await super().clear(system)
        await _start_missing(system.all_replicas)


async def _all_listen(replicas: list[Replica]) -> None:
    while not all([await replica.listens() for replica in replicas]):  # noqa: ASYNC110 -- other processes set no event
        await asyncio.sleep(0.1)


async def _start_missing(replicas: list[Replica]) -> None:
    """Start what a fault that was cut short has left ended."""
    await asyncio.gather(*(replica.start() for replica in replicas if not replica.is_supervised))


ALL: tuple[type[Fault], ...] = (
    KillIntake,
    KillDispatch,
    KillLedger,
    KillRelays,
    FreezeReplica,
    RollingRestart,
    RebalanceStorm,
)

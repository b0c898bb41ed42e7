"""The system under test starts as processes of its own, is broken and well again, and leaves nothing behind."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from uuid import UUID

import pytest

from chaos.disk import Disk, why_there_are_none
from chaos.faults import FAULTS
from chaos.faults.poison import records
from chaos.network import Link
from chaos.recovery import NotRecovered, Recovery
from chaos.replicas import Replica
from chaos.system import System
from contracts.envelope import MalformedEvent, parse
from contracts.topics import LIFECYCLE
from jieban.embedded.datadir import DataDir
from jieban.embedded.identity import Identity
from jieban.embedded.ports import LOOPBACK


async def test_a_killed_replica_and_a_killed_leader_come_back_and_the_end_leaves_no_process(tmp_path: Path) -> None:
    async with System(tmp_path / "system", replicas=1) as system:
        await system.recovered(30)
        started = _processes(system)
        assert len(started) == 7
        await _break(system, "kill-ledger")
        await _break(system, "kill-leader")
        assert await system.quiet(20) < 20
        assert [replica.crashes for replica in system.all_replicas] == [0] * 3
        running = started | _processes(system)
    assert not [process for process in running if process.runs()]


async def _break(system: System, name: str) -> None:
    fault = FAULTS[name]()
    await fault.inject(system, Random(1))
    await fault.clear(system)
    await system.recovered(40)
    assert fault.detail
    assert await fault.check(system) == []


def _processes(system: System) -> set[Identity]:
    pids = [system.postgres_pid, *(replica.pid for replica in system.all_replicas)]
    pids += [system.brokers.pid(number) for number in system.brokers.numbers]
    return {found for pid in pids if pid is not None and (found := Identity.of(pid))}


_SLOW_SERVER = """
import socket, sys, time
time.sleep(1)
server = socket.create_server(("127.0.0.1", int(sys.argv[-1])))
time.sleep(60)
"""


async def test_a_replica_whose_start_was_cut_short_is_not_started_twice(
    tmp_path: Path, free_port: Callable[[], int]
) -> None:
    directory, program = DataDir.open(tmp_path / "data"), (sys.executable, "-c", _SLOW_SERVER)
    replica = Replica("intake", 0, port=free_port(), directory=directory, environment={}, command=program)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await replica.start()
    first = replica.pid
    assert first is not None
    await replica.start()
    try:
        assert replica.pid == first
    finally:
        await replica.end()
    assert replica.pid is None


async def test_what_was_started_is_ended_when_a_later_start_fails(tmp_path: Path) -> None:
    system = System(tmp_path / "system", brokers=1, replicas=1, command=("/bin/false",))
    with pytest.raises(ExceptionGroup):
        await system.__aenter__()
    assert system.brokers.pid(1) is None
    assert system.postgres_pid is None


async def test_what_is_missing_is_named_when_the_time_is_over(tmp_path: Path, free_port: Callable[[], int]) -> None:
    system = System(tmp_path / "system", brokers=1, replicas=0)  # not started
    system.databases = {"intake": f"postgresql://nobody@{LOOPBACK}:{free_port()}/nothing"}
    with pytest.raises(NotRecovered, match=r"nothing_left.*ConnectionRefused"):
        await Recovery(system).quiet(0.5)


def test_every_fault_says_what_it_is_and_how_long_recovery_may_take() -> None:
    assert len(FAULTS) >= 20
    for name, fault in FAULTS.items():
        assert (fault.name, fault.__doc__ is not None) == (name, True)
        assert 1 <= fault.number <= 30
        assert 0 < fault.bound_seconds <= 15


def test_no_poisoned_record_can_be_read_but_the_one_about_a_complaint_that_nobody_knows() -> None:
    random = Random(3)
    *unreadable, of_nobody = records(lambda: UUID(int=random.getrandbits(128), version=4))
    for record in unreadable:
        with pytest.raises(MalformedEvent):
            parse(record.headers, record.value)
    assert str(parse(of_nobody.headers, of_nobody.value).subject).encode() == of_nobody.key
    assert len({record.key for record in [*unreadable, of_nobody]}) == len(unreadable) + 1
    assert LIFECYCLE.partitions > 1


@asynccontextmanager
async def _echo(port: int) -> AsyncIterator[None]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.close()

    async with await asyncio.start_server(answer, LOOPBACK, port):
        yield


async def test_a_disk_runs_full_for_everyone_and_has_space_again(tmp_path: Path) -> None:
    if reason := why_there_are_none():
        pytest.skip(reason)
    disk = Disk(tmp_path / "disk", size=32 * 2**20)
    disk.mount()
    try:
        disk.fill()
        with pytest.raises(OSError, match="No space left"):
            (tmp_path / "disk" / "more").write_bytes(b"x" * 10_000)
        disk.free()
        (tmp_path / "disk" / "more").write_bytes(b"x" * 10_000)
    finally:
        disk.unmount()
    assert not (tmp_path / "disk" / "more").exists()


async def test_a_link_forgets_the_connections_it_has_and_not_the_next(
    tmp_path: Path, free_port: Callable[[], int]
) -> None:
    port, entry = free_port(), free_port()
    link = Link("test", DataDir.open(tmp_path), {entry: port})
    async with _echo(port):
        await link.start()
        reader, writer = await asyncio.open_connection(LOOPBACK, entry)
        await asyncio.sleep(0.1)
        link.forget()
        await asyncio.sleep(0.1)
        writer.write(b"words")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await reader.read(5)
        other, again = await asyncio.open_connection(LOOPBACK, entry)
        again.write(b"words")
        async with asyncio.timeout(1):
            assert await other.readexactly(5) == b"words"
        writer.close()
        again.close()
    await link.stop()


async def test_a_slow_link_passes_few_bytes_a_second_in_order(tmp_path: Path, free_port: Callable[[], int]) -> None:
    port, entry = free_port(), free_port()
    link = Link("test", DataDir.open(tmp_path), {entry: port}, delay=0.0, rate=100_000)
    sent = bytes(range(250)) * 400
    async with _echo(port):
        await link.start()
        reader, writer = await asyncio.open_connection(LOOPBACK, entry)
        link.slow_down()
        await asyncio.sleep(0.1)
        began = time.monotonic()
        writer.write(sent)
        async with asyncio.timeout(10):
            assert await reader.readexactly(len(sent)) == sent
        assert time.monotonic() - began >= 1
        writer.close()
    await link.stop()


async def test_a_link_refuses_while_its_server_does(tmp_path: Path, free_port: Callable[[], int]) -> None:
    port, entry = free_port(), free_port()
    link = Link("test", DataDir.open(tmp_path), {entry: port})
    await link.start()  # which is the first to be turned away
    await asyncio.sleep(0.1)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(LOOPBACK, entry)
    async with _echo(port):
        await asyncio.sleep(0.5)
        reader, writer = await asyncio.open_connection(LOOPBACK, entry)
        writer.write(b"words")
        async with asyncio.timeout(1):
            assert await reader.readexactly(5) == b"words"
        writer.close()
    await link.stop()


async def test_a_link_passes_delays_swallows_and_refuses(tmp_path: Path, free_port: Callable[[], int]) -> None:
    port = free_port()
    entry = free_port()
    link = Link("test", DataDir.open(tmp_path), {entry: port}, delay=0.2)
    assert link.by_way(f"postgresql://me:secret@{LOOPBACK}:{port}/data").endswith(f"secret@{LOOPBACK}:{entry}/data")
    async with _echo(port):
        await link.start()
        reader, writer = await asyncio.open_connection(LOOPBACK, entry)

        async def there_and_back() -> float:
            began = time.monotonic()
            writer.write(b"words")
            async with asyncio.timeout(1):
                assert await reader.readexactly(5) == b"words"
            return time.monotonic() - began

        await there_and_back()
        link.slow_down()
        await asyncio.sleep(0.1)
        assert await there_and_back() >= 0.4
        link.speed_up()
        await asyncio.sleep(0.1)
        link.freeze()
        with pytest.raises(TimeoutError):
            await there_and_back()
        link.thaw()
        async with asyncio.timeout(1):
            assert await reader.readexactly(5) == b"words"
        await link.stop()
        assert await reader.read(5) == b""
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(LOOPBACK, entry)
        writer.close()

"""The relay publishes what was committed: all of it, in order for each complaint, by one relay a shard at a time."""

import asyncio
import time
from signal import SIGKILL

from prometheus_client import REGISTRY

from behaviour.broker import contents
from behaviour.conditions import all_applied, all_published, holds_all_shards, shares
from behaviour.processes import ended, worker
from behaviour.running import running, until
from behaviour.stories import ids, once_each, out_of_order, stories, story
from behaviour.tiny_service import TinyService
from contracts.envelope import Event, parse
from eventbus import outbox
from eventbus.backlog import Backlog
from eventbus.tables import SHARDS

TAKEOVER_SECONDS = 4.0


async def test_a_row_that_commits_after_later_rows_were_published_is_not_skipped(service: TinyService) -> None:
    late, early = story(3), story(3)
    async with running(service.relay(), service.consumer()):
        async with service.engine.connect() as connection:
            await outbox.append(connection, service.topic, late)
            await service.append(early)
            await until(lambda: all_applied(service, early))
            assert once_each(await service.applied(), early)
            await connection.commit()
        await until(lambda: all_applied(service, early + late))
    effects = await service.applied()
    assert once_each(effects, early + late)
    assert not out_of_order(effects)


async def test_rows_of_a_transaction_that_was_rolled_back_are_never_published(service: TinyService) -> None:
    dropped, kept = story(2), story(2)
    async with running(service.relay()):
        async with service.engine.connect() as connection:
            await outbox.append(connection, service.topic, dropped)
            await connection.rollback()
        await service.append(kept)
        await until(lambda: all_published(service))
    assert [each.id for each in await _events(service)] == ids(kept)


async def test_two_relays_share_the_shards_and_when_one_is_killed_the_other_takes_over(service: TinyService) -> None:
    events = stories(complaints=50, length=8)
    async with worker(service, "relay", batch_size=20) as doomed, running(service.relay(batch_size=20)):
        await until(lambda: _shared_evenly(service))
        writing = asyncio.create_task(_append_slowly(service, events))
        await until(lambda: _published(service, len(events) // 4))
        doomed.send_signal(SIGKILL)
        await ended(doomed)
        killed_at = time.monotonic()
        await until(lambda: holds_all_shards(service))
        assert time.monotonic() - killed_at < TAKEOVER_SECONDS
        await writing
        await until(lambda: all_published(service))
    copies = await _events(service)
    firsts = list({each.id: each for each in copies}.values())
    assert sorted(ids(firsts)) == sorted(ids(events))
    assert not out_of_order((each.id, each.subject, each.sequence) for each in firsts)


async def test_what_waits_is_measured_where_no_relay_runs(service: TinyService) -> None:
    backlog = Backlog(service=service.topic, engine=service.engine)
    await service.append(story(3))
    await service.execute("UPDATE outbox SET created_at = now() - interval '1 hour' WHERE sequence = 1")
    await backlog.measure()
    assert _of(service, "jieban_outbox_waiting") == 3
    assert 3600 <= (_of(service, "jieban_outbox_oldest_seconds") or 0) < 7200
    await service.execute("UPDATE outbox SET published_at = now()")
    await backlog.measure()
    assert _of(service, "jieban_outbox_waiting") == _of(service, "jieban_outbox_oldest_seconds") == 0


async def test_a_relay_that_was_asked_to_stop_gives_its_shards_back(service: TinyService) -> None:
    async with running(service.relay()):
        await until(lambda: holds_all_shards(service))
    assert await shares(service) == []


async def test_a_relay_whose_connection_is_cut_carries_on(service: TinyService) -> None:
    first, second = story(3), story(3)
    async with running(service.relay()):
        await service.append(first)
        await until(lambda: all_published(service))
        await service.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await until(lambda: _can_append(service, second))
        await until(lambda: all_published(service))
    assert {each.id for each in await _events(service)} >= set(ids(first + second))


def _of(service: TinyService, metric: str) -> float | None:
    return REGISTRY.get_sample_value(metric, {"service": service.topic})


async def _append_slowly(service: TinyService, events: list[Event]) -> None:
    for start in range(0, len(events), 10):
        await service.append(events[start : start + 10])
        await asyncio.sleep(0.02)


async def _can_append(service: TinyService, events: list[Event]) -> bool:
    try:
        await service.append(events)
    except Exception as error:  # noqa: BLE001 - the pool may still hold a connection that was cut
        return not error
    return True


async def _published(service: TinyService, count: int) -> bool:
    return len(await service.rows("SELECT 1 FROM outbox WHERE published_at IS NOT NULL")) >= count


async def _shared_evenly(service: TinyService) -> bool:
    return await shares(service) == [SHARDS // 2, SHARDS // 2]


async def _events(service: TinyService) -> list[Event]:
    return [parse(each.headers, each.value) for each in await contents(service.kafka, service.topic)]

"""An event that would not fit into a record is refused when it is appended; one that got in is set aside."""

import pytest
from prometheus_client import REGISTRY

from behaviour.broker import event_ids
from behaviour.conditions import all_applied, all_published
from behaviour.running import running, until
from behaviour.stories import event, ids, payload, story
from behaviour.tiny_service import TinyService
from eventbus.backlog import Backlog
from eventbus.errors import EventTooLarge
from eventbus.outbox import MAX_PAYLOAD_BYTES
from eventbus.producer import MAX_RECORD_BYTES


@pytest.mark.parametrize("letter", ["a", "诉", "🛵"], ids=["one byte", "three bytes", "four bytes"])
async def test_an_event_too_large_for_a_record_is_refused_and_nothing_of_its_transaction_is_kept(
    service: TinyService, letter: str
) -> None:
    large = event(data=payload(letter * (MAX_PAYLOAD_BYTES // len(letter.encode()))))
    with pytest.raises(EventTooLarge, match="900000 bytes"):
        await service.append([event(), large])
    assert await service.unpublished() == 0


async def test_an_oversize_row_is_set_aside_with_its_error_while_later_rows_go_on(service: TinyService) -> None:
    events = story(3)
    await service.append(events[:1])
    await _blow_up(service)
    await service.append(events[1:])
    async with running(service.relay(), service.consumer()):
        await until(lambda: all_applied(service, events[1:]))
        await until(lambda: all_published(service))
    assert await event_ids(service.kafka, service.topic) == [str(each) for each in ids(events[1:])]
    assert await _set_aside(service) == ids(events[:1])
    backlog = Backlog(service=service.topic, engine=service.engine)
    assert _counted(service) is None
    await backlog.measure()
    assert _counted(service) == 1
    await service.execute("UPDATE outbox SET payload = '{}', published_at = NULL, error = NULL WHERE error IS NOT NULL")
    await backlog.measure()
    assert _counted(service) == 0


async def test_a_relay_survives_a_batch_of_nothing_but_oversize_rows(service: TinyService) -> None:
    large, sound = event(), event()
    await service.append([large])
    await _blow_up(service)
    async with running(service.relay(), service.consumer()):
        await until(lambda: all_published(service))
        await service.append([sound])
        await until(lambda: all_applied(service, [sound]))
    assert await _set_aside(service) == [large.id]


@pytest.mark.parametrize("column", ["traceparent", "tenant", "aggregateid"])
async def test_a_row_whose_key_or_header_is_too_large_is_set_aside_as_well(service: TinyService, column: str) -> None:
    large, sound = event(), event()
    await service.append([large])
    await service.execute(f"UPDATE outbox SET {column} = repeat('x', {MAX_RECORD_BYTES})")
    await service.append([sound])
    async with running(service.relay(), service.consumer()):
        await until(lambda: all_applied(service, [sound]))
        await until(lambda: all_published(service))
    assert await _set_aside(service) == [large.id]


def _counted(service: TinyService) -> float | None:
    return REGISTRY.get_sample_value("jieban_outbox_rows_set_aside", {"service": service.topic})


async def _blow_up(service: TinyService) -> None:
    """Make every row that waits too large, as only somebody with SQL could."""
    await service.execute(f"UPDATE outbox SET payload = repeat('x', {MAX_RECORD_BYTES}) WHERE published_at IS NULL")


async def _set_aside(service: TinyService) -> list[object]:
    rows = await service.rows("SELECT id FROM outbox WHERE error = 'too large for one record'")
    return [row.id for row in rows]

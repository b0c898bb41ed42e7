"""The way of an event when nothing goes wrong."""

from behaviour.broker import contents
from behaviour.conditions import all_applied
from behaviour.running import running, until
from behaviour.stories import TRACE, event, once_each, out_of_order, payload, stories
from behaviour.tiny_service import TinyService
from eventbus.outbox import MAX_PAYLOAD_BYTES


async def test_every_event_is_applied_once_and_each_complaints_events_in_order(service: TinyService) -> None:
    events = stories(complaints=60, length=10)
    async with running(service.relay(), service.consumer()):
        for start in range(0, len(events), 100):
            await service.append(events[start : start + 100])
        await until(lambda: all_applied(service, events))
    effects = await service.applied()
    assert once_each(effects, events)
    assert not out_of_order(effects)
    assert await service.unpublished() == 0
    assert await service.parked() == []


async def test_trace_and_correlation_are_the_same_from_the_outbox_to_the_consumer(service: TinyService) -> None:
    sent = event()
    await service.append([sent])
    async with running(service.relay(), service.consumer()):
        await until(lambda: all_applied(service, [sent]))
    [record] = await contents(service.kafka, service.topic)
    assert dict(record.headers)["traceparent"] == TRACE.encode()
    [effect] = await service.rows("SELECT traceparent, correlation_id FROM applied")
    assert (effect.traceparent, effect.correlation_id) == (TRACE, sent.correlation_id)


async def test_the_largest_event_that_can_be_appended_arrives(service: TinyService) -> None:
    overhead = len(payload("").model_dump_json(exclude_none=True).encode())
    largest = event(data=payload("诉" * ((MAX_PAYLOAD_BYTES - overhead) // 3)))
    await service.append([largest])
    async with running(service.relay(), service.consumer()):
        await until(lambda: all_applied(service, [largest]))
    assert once_each(await service.applied(), [largest])

"""A log that was cut, or a topic made anew, gives its offsets a second time: what stands there is another message."""

import pytest

from behaviour.stories import event, ids, story
from behaviour.tiny_service import TinyService
from contracts.envelope import Event, headers_of_event
from eventbus.parking import Message, forget_settled


def _message(service: TinyService, key: bytes = b"one", value: bytes | None = b"{", header: bytes = b"x") -> Message:
    return Message(service.topic, 0, 17, key, [("header", header)], value)


def _of_event(service: TinyService, each: Event, value: bytes | None = None) -> Message:
    written = value or each.data.model_dump_json(exclude_none=True).encode()
    return Message(service.topic, 0, 17, str(each.subject).encode(), headers_of_event(each), written)


async def _take(service: TinyService, *messages: Message) -> None:
    for message in messages:
        await service.subscription().apply(service.engine, [message])


@pytest.mark.parametrize("other", [{"key": b"two"}, {"value": b"["}, {"value": b""}, {"value": None}, {"header": b"y"}])
async def test_another_message_at_the_place_of_a_parked_one_is_parked_beside_it(
    service: TinyService, other: dict[str, bytes]
) -> None:
    first, second = _message(service), _message(service, **other)
    await _take(service, first, second)
    parked = await service.parked()
    assert [(row.offset, row.attempts) for row in parked] == [(17, 1), (17, 1)]
    assert [(row.key, row.value) for row in parked] == [(each.key, each.value) for each in (first, second)]


async def test_another_message_at_the_place_of_a_settled_one_is_parked_and_the_settled_one_is_not(
    service: TinyService,
) -> None:
    first, second = _message(service), _message(service, value=b"[")
    await _take(service, first)
    [row] = await service.parked()
    await service.parked_messages().discard(row.id, by="admin-demo", reason="no event of ours")
    await _take(service, first, second)
    assert [row.value for row in await service.parked()] == [second.value]
    assert [row.attempts for row in await service.parked("discarded")] == [1]


async def test_a_settled_message_is_known_again_when_an_erasure_has_taken_its_contents(service: TinyService) -> None:
    each = event()
    await _take(service, _of_event(service, each, b"{"))
    [row] = await service.parked()
    await service.parked_messages().discard(row.id, by="admin-demo", reason="cut off")
    async with service.engine.begin() as connection:
        await forget_settled(connection, [each.subject])
    await _take(service, _of_event(service, each, b"{"))
    assert await service.parked() == []
    [settled] = await service.parked("discarded")
    assert settled.digest != _of_event(service, each, b"{").digest


async def test_the_same_message_at_its_place_counts_an_attempt(service: TinyService) -> None:
    await _take(service, _message(service), _message(service))
    assert [row.attempts for row in await service.parked()] == [2]


async def test_messages_of_one_key_at_one_place_are_released_in_the_order_in_which_they_came(
    service: TinyService,
) -> None:
    events = story(3)
    broken = _of_event(service, event(events[0].subject), b"{")
    await _take(service, broken, *(_of_event(service, each) for each in events))
    parked = await service.parked()
    await service.parked_messages().discard(parked[0].id, by="admin-demo", reason="cut off")
    assert await service.parked_messages().release(parked[1].id, by="admin-demo") == 3
    assert [effect.event_id for effect in await service.applied()] == ids(events)

"""What replicas of an earlier version parked as unknown is read again by later ones, without an operator."""

import asyncio
from collections.abc import Sequence
from itertools import count

from structlog.testing import capture_logs

from behaviour.stories import event, ids, story
from behaviour.tiny_service import Applying, TinyService
from contracts.envelope import Event, MalformedEvent, headers_of_event
from contracts.events import ComplaintClosed
from contracts.lifecycle import EventType
from eventbus.errors import Permanent
from eventbus.parking import BehindParked, Message, Misfit, park
from eventbus.release import READER
from runtime.outages import is_outage

_UNKNOWN = MalformedEvent("ce_type: not known here")
_BEHIND = BehindParked("an earlier message of this key is parked")
_offsets = count()


async def test_a_key_that_waits_behind_an_unknown_type_goes_on_in_order_once_that_is_known(
    service: TinyService,
) -> None:
    some, others = story(3), story(2)
    await _park(service, some)
    await _park(service, others)

    assert await service.parked_messages().read_again(is_outage) == 5

    assert [effect.event_id for effect in await service.applied()] == ids([*some, *others])
    assert {row.settled_by for row in await service.parked("released")} == {READER}
    assert await service.parked() == []


async def test_what_is_of_no_interest_now_is_not_applied_and_lets_those_behind_it_through(
    service: TinyService,
) -> None:
    events = story(3)
    closed = event(events[0].subject, data=ComplaintClosed(gates=()), event_type=EventType.CLOSED)
    await _park(service, [closed, *events])

    assert await service.parked_messages().read_again(is_outage) == 4

    assert [effect.event_id for effect in await service.applied()] == ids(events)
    claimed = {row.event_id for row in await service.rows("SELECT event_id FROM inbox")}
    assert claimed == set(ids(events))


async def test_several_replicas_apply_each_key_once(service: TinyService) -> None:
    stories = [story(2) for _ in range(12)]
    for each in stories:
        await _park(service, each)

    released = await asyncio.gather(*(service.parked_messages().read_again(is_outage) for _ in range(4)))

    assert sum(released) == 24
    applied = sorted(effect.event_id for effect in await service.applied())
    assert applied == sorted(ids(each for one in stories for each in one))


async def test_what_is_no_event_of_ours_stays_and_hides_nothing_behind_it(service: TinyService) -> None:
    for _ in range(5):
        await _park(service, [event()], value=b"{")
    await _park(service, story(1))
    parked = service.parked_messages()

    assert [await parked.read_again(is_outage, size=2) for _ in range(4)] == [0, 0, 1, 0]
    assert len(await service.parked()) == 5


async def test_what_fails_for_another_reason_is_left_to_an_operator(service: TinyService) -> None:
    events = story(2)
    await _park(service, events)
    refusing = Applying(objects=lambda each: Permanent("not like this") if each.id == events[0].id else None)

    assert await service.parked_messages(refusing).read_again(is_outage) == 0

    assert [row.error_class for row in await service.parked()] == ["Permanent", "BehindParked"]
    assert await service.parked_messages().read_again(is_outage) == 0


async def test_what_went_through_before_another_refused_is_counted(service: TinyService) -> None:
    events = story(3)
    await _park(service, events)
    refusing = Applying(objects=lambda each: Permanent("not like this") if each.id == events[1].id else None)

    with capture_logs() as logs:
        assert await service.parked_messages(refusing).read_again(is_outage) == 1

    assert [effect.event_id for effect in await service.applied()] == ids(events[:1])
    assert [row.error_class for row in await service.parked()] == ["Permanent", "BehindParked"]
    [released] = await service.parked("released")
    said = {"begun_with": released.id, "released": 1, "error_class": "Permanent"}
    assert logs == [{"event": "second_reading_failed", "log_level": "warning", **said}]


async def test_a_process_reads_once_what_it_cannot_read(service: TinyService) -> None:
    await _park(service, [event()], value=b"{")
    parked = service.parked_messages()
    assert await parked.read_again(is_outage) == 0
    written = event().data.model_dump_json(exclude_none=True).encode()
    await service.execute("UPDATE parked_message SET value = :value WHERE state = 'parked'", value=written)

    assert await parked.read_again(is_outage) == 0
    assert await service.parked_messages().read_again(is_outage) == 1


async def _park(service: TinyService, events: Sequence[Event], *, value: bytes | None = None) -> None:
    """Park `events` of one key as a version does that does not know the type of the first."""
    misfits = [Misfit(_message(service, each, value), _UNKNOWN if each is events[0] else _BEHIND) for each in events]
    async with service.engine.begin() as connection:
        await park(connection, service.group, misfits)


def _message(service: TinyService, each: Event, value: bytes | None) -> Message:
    written = value or each.data.model_dump_json(exclude_none=True).encode()
    return Message(service.topic, 0, next(_offsets), str(each.subject).encode(), headers_of_event(each), written)

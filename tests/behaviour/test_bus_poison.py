"""A record that cannot be handled is parked with its reason, and only that record."""

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from behaviour.broker import committed, produce, produce_with_header_name, record
from behaviour.conditions import all_applied, parked_count
from behaviour.running import running, until
from behaviour.stories import event, ids, story
from behaviour.tiny_service import Applying, TinyService
from contracts.envelope import Event
from eventbus.errors import OutOfOrder, Permanent
from eventbus.producer import Record


class Poison(NamedTuple):
    """What is wrong with a record, and the words that must be kept with it."""

    spoil: Callable[[str], Record]
    reason: str


def _with_header(name: str, value: bytes | None) -> Callable[[str], Record]:
    def spoil(topic: str) -> Record:
        sound = record(topic, event())
        return record(topic, event(), headers=[*(h for h in sound.headers if h[0] != name), (name, value)])

    return spoil


def _without_header(name: str) -> Callable[[str], Record]:
    def spoil(topic: str) -> Record:
        sound = record(topic, event())
        return record(topic, event(), headers=[header for header in sound.headers if header[0] != name])

    return spoil


def _with_value(value: bytes | None) -> Callable[[str], Record]:
    return lambda topic: record(topic, event(), value=value)


def _with_text(before: bytes, after: bytes) -> Callable[[str], Record]:
    return lambda topic: record(topic, event(), value=record(topic, event()).value.replace(before, after))


POISONS = [
    Poison(_with_value(b'{"number": '), "Invalid JSON"),
    Poison(_with_value(b"[]"), "value: Input should be an object"),
    Poison(_with_value(b"{}"), "number: Field required"),
    Poison(_with_value(b"\xff\xfe\x00"), "Invalid JSON"),
    Poison(_with_value(b"[" * 5000), "Invalid JSON"),
    Poison(_with_value(None), "Invalid JSON"),
    Poison(_with_text(b"107.2357", b"NaN"), "location.lon: "),
    Poison(_with_text(b"107.2357", b"1e999"), "location.lon: "),
    Poison(_with_text("路灯不亮".encode(), b"\\ud800"), "Invalid JSON"),
    Poison(_without_header("ce_id"), "ce_id: Field required"),
    Poison(_without_header("ce_type"), "ce_type: missing"),
    Poison(_with_header("ce_id", b"not a uuid"), "ce_id: Input should be a valid UUID"),
    Poison(_with_header("ce_id", None), "ce_id: UUID input should be"),
    Poison(_with_header("ce_type", b"complaint.eaten"), "ce_type: not known here"),
    Poison(_with_header("ce_type", b"\xff\xfe"), "ce_type: not known here"),
    Poison(_with_header("ce_tenant", b"\xc3\x28"), "ce_tenant: Input should be a valid string"),
    Poison(_with_header("ce_sequence", b"9" * 5000), "ce_sequence: Unable to parse"),
    Poison(_with_header("ce_time", b"2024-10-15T08:00:00"), "ce_time: Input should have timezone info"),
    Poison(lambda topic: record(topic, event(), headers=[]), "ce_type: missing"),
    Poison(lambda topic: record(topic, event(), headers=[("ce_type", b""), ("\x00", b"\x00")]), "ce_type: missing"),
    Poison(lambda topic: record(topic, event(), key=b"\xff\x00\xfe", value=b"?"), "Invalid JSON"),
    Poison(lambda topic: record(topic, event(), key=None, value=b"?"), "Invalid JSON"),
]


async def test_poison_in_the_middle_of_a_slice_is_parked_with_its_reason_and_all_else_is_applied(
    service: TinyService,
) -> None:
    good = story(100) + [event() for _ in range(100 - len(POISONS))]
    records = [record(service.topic, each) for each in good]
    records[60:60] = [poison.spoil(service.topic) for poison in POISONS]
    await produce(service.kafka, records, partition=2)
    async with running(service.consumer(slice_size=200)):
        await until(lambda: all_applied(service, good))
    assert [effect.event_id for effect in await service.applied()] == ids(good)
    parked = await service.parked()
    assert [row.offset for row in parked] == [60 + index for index in range(len(POISONS))]
    assert {row.error_class for row in parked} == {"MalformedEvent"}
    unexplained = [(p.reason, row.error) for p, row in zip(POISONS, parked, strict=True) if p.reason not in row.error]
    assert unexplained == []
    assert await committed(service.kafka, service.group) == {2: len(records)}


async def test_parked_records_are_kept_byte_by_byte_and_can_be_listed_and_shown(service: TinyService) -> None:
    records = [poison.spoil(service.topic) for poison in POISONS]
    await produce(service.kafka, records, partition=0)
    async with running(service.consumer(commit_every_seconds=0)):
        await until(lambda: _passed(service, {0: len(records)}))
    parked = service.parked_messages()
    assert [row.value for row in await service.parked()] == [each.value for each in records]
    assert [row.key for row in await service.parked()] == [each.key or b"" for each in records]
    listed = await parked.list()
    assert [entry["offset"] for entry in listed] == list(range(len(records)))
    shown = [await parked.show(entry["id"]) for entry in listed]
    assert [None if entry is None else entry["value"] is None for entry in shown] == [
        each.value is None for each in records
    ]
    assert await parked.show(10**9) is None


async def test_an_event_that_the_handler_refuses_is_parked_alone_whatever_it_raises(service: TinyService) -> None:
    events = [event() for _ in range(40)]
    errors: dict[UUID, Exception] = {
        events[7].id: Permanent("no such category"),
        events[11].id: OutOfOrder("its predecessor is missing"),
        events[19].id: KeyError("a defect"),
        events[23].id: Permanent("text that PostgreSQL refuses: \x00 \ud800"),
    }
    handler = Applying(objects=lambda each: errors.get(each.id))
    await produce(service.kafka, [record(service.topic, each) for each in events], partition=1)
    async with running(service.consumer(handler)):
        await until(lambda: all_applied(service, events[:-4]))
        await until(lambda: parked_count(service, len(errors)))
    assert [effect.event_id for effect in await service.applied()] == ids(_without(events, errors))
    parked = await service.parked()
    assert [row.error_class for row in parked] == ["Permanent", "OutOfOrder", "KeyError", "Permanent"]
    assert parked[0].error == "no such category"
    assert await committed(service.kafka, service.group) == {1: len(events)}


async def test_records_that_the_kafka_client_itself_cannot_read_are_stepped_over_and_parked(
    service: TinyService,
) -> None:
    before, between, after, elsewhere = ([event() for _ in range(20)] for _ in range(4))
    for some in (before, between, after):
        await produce(service.kafka, [record(service.topic, each) for each in some], partition=0)
        if some is not after:
            await produce_with_header_name(service.kafka, service.topic, b"\xff\xfe\xfd\xfc", partition=0)
    await produce(service.kafka, [record(service.topic, each) for each in elsewhere], partition=1)
    events = before + between + after + elsewhere
    async with running(service.consumer(instance="a")):
        await until(lambda: all_applied(service, events))
    effects = [effect.event_id for effect in await service.applied()]
    assert sorted(effects) == sorted(ids(events))
    assert [each for each in effects if each not in ids(elsewhere)] == ids(before + between + after)
    assert [(row.partition, row.offset) for row in await service.parked()] == [(0, 20), (0, 41)]
    assert await committed(service.kafka, service.group) == {0: 62, 1: 20}
    shown = await service.parked_messages().show((await service.parked())[0].id)
    assert shown is not None
    assert "can't decode" in shown["headers"]["unreadable"]


async def _passed(service: TinyService, offsets: dict[int, int]) -> bool:
    return await committed(service.kafka, service.group) == offsets


def _without(events: list[Event], refused: dict[UUID, Exception]) -> list[Event]:
    return [each for each in events if each.id not in refused]

"""What the faults about records send, and that the checker knows what they delete."""

from random import Random
from uuid import uuid4

import pytest

from behaviour.broker import create_topic, delete_records, produce, record
from behaviour.stories import story
from chaos.checker.topic import read_topic
from chaos.faults.foreign import Story, new_ids, received
from contracts.envelope import MalformedEvent, parse
from contracts.lifecycle import EventType
from eventbus.janitor import first_id_at
from eventbus.kafka import KafkaConnection
from jieban.embedded.kafka import Kafka
from runtime.clock import now


def test_made_up_ids_are_never_old_enough_for_a_janitor() -> None:
    new_id = new_ids(Random(1))
    made = [new_id() for _ in range(500)]
    assert len(set(made)) == 500
    assert min(made) > first_id_at(now())


def test_a_made_up_event_is_sound_until_something_of_it_is_changed() -> None:
    about = Story(new_ids(Random(1)))
    reception = received("made up")
    sound = about.record(EventType.RECEIVED, 1, reception)
    event = parse(sound.headers, sound.value)
    assert (str(event.subject).encode(), event.source, event.sequence) == (sound.key, "intake", 1)
    fewer = about.record(EventType.RECEIVED, 1, reception, ce_dataschema=None)
    assert parse(fewer.headers, fewer.value).data == event.data
    newer = about.record(EventType.RECEIVED, 1, reception, ce_dataschema=b"urn:jieban:schema:v2")
    with pytest.raises(MalformedEvent, match="ce_dataschema"):
        parse(newer.headers, newer.value)


async def test_the_checker_goes_on_behind_what_was_deleted(kafka: Kafka) -> None:
    connection, name = KafkaConnection(kafka.bootstrap_servers), f"t{uuid4().hex[:8]}"
    await create_topic(connection, name)
    events = story(4)
    await produce(connection, [record(name, event) for event in events[:3]])
    archive = await read_topic(connection.bootstrap_servers, name)
    assert await delete_records(connection, name) == 3
    again = [record(name, event) for event in (events[3], *events[:3])]
    await produce(connection, again)
    forgotten = await read_topic(connection.bootstrap_servers, name)
    assert forgotten.disordered == {str(events[0].subject)}
    topic = await read_topic(connection.bootstrap_servers, name, archive)
    assert (set(topic.events), topic.copies) == ({str(event.id) for event in events}, 3)
    assert (topic.disordered, topic.altered) == (set(), set())

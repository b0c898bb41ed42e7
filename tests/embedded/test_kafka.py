from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from jieban.embedded.kafka import Kafka


async def test_a_restart_and_a_kill_keep_the_address_and_every_acknowledged_message(kafka: Kafka, prefix: str) -> None:
    topic, address = f"{prefix}.kept", kafka.bootstrap_servers
    await _create(kafka, topic, partitions=48)
    await _send(kafka, topic, b"before the restart")
    await kafka.restart()
    await _send(kafka, topic, b"before the kill")
    await kafka.kill()
    await kafka.start()
    assert kafka.bootstrap_servers == address
    assert await _read(kafka, topic) == [b"before the restart", b"before the kill"]


async def test_topics_are_not_made_by_accident(kafka: Kafka) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    await admin.start()
    await admin.describe_topics(["mistyped"])
    topics = await admin.list_topics()
    await admin.close()
    assert "mistyped" not in topics


async def _create(kafka: Kafka, topic: str, partitions: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    await admin.start()
    await admin.create_topics([NewTopic(topic, partitions, 1)])
    await admin.close()


async def _send(kafka: Kafka, topic: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers, acks="all") as producer:
        await producer.send_and_wait(topic, value, partition=7)


async def _read(kafka: Kafka, topic: str) -> list[bytes]:
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap_servers, auto_offset_reset="earliest")
    await consumer.start()
    partition = TopicPartition(topic, 7)
    consumer.assign([partition])
    found: list[bytes] = []
    while len(found) < 2:
        batch = await consumer.getmany(partition, timeout_ms=2000)
        found += [record.value for records in batch.values() for record in records]
    await consumer.stop()
    return found

"""Creates the topics of the registry."""

import asyncio
from collections.abc import Sequence

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, NodeNotReadyError, TopicAlreadyExistsError, for_code

from contracts.topics import Topic
from eventbus.kafka import KafkaConnection

log = structlog.get_logger()
_ENOUGH_COPIES = 3


async def ensure_topics(
    kafka: KafkaConnection, topics: Sequence[Topic], *, replication: int | None = None
) -> list[str]:
    """Create the topics that are missing and return their names; existing topics are left as they are.

    Each gets `replication` copies, by default three, or one a broker where there are fewer. Raises aiokafka's
    KafkaError where the broker refuses or is away, NodeNotReadyError where the cluster names none yet.
    """
    admin = AIOKafkaAdminClient(**kafka.client_options())
    await admin.start()
    try:
        brokers = (await admin.describe_cluster())["brokers"]
        if not brokers:
            raise NodeNotReadyError("no broker has joined the cluster yet")
        copies = replication or min(_ENOUGH_COPIES, len(brokers))
        missing = {topic.name for topic in topics} - set(await admin.list_topics())
        wanted = [
            NewTopic(
                name=topic.name,
                num_partitions=topic.partitions,
                replication_factor=copies,
                topic_configs=dict(topic.settings),
            )
            for topic in topics
            if topic.name in missing
        ]
        if wanted:
            response = await admin.create_topics(wanted)
            _raise_for(response.topic_errors)
        return sorted(missing)
    finally:
        await admin.close()


def _raise_for(topic_errors: Sequence[Sequence[object]]) -> None:
    for name, code, *message in topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:  # another replica may have been first
            raise error(f"topic {name}: {message}")


class TopicMaker:
    """Makes the missing topics once Kafka is there; a service starts without waiting for it."""

    name = "topic maker"

    def __init__(self, kafka: KafkaConnection, topics: Sequence[Topic]) -> None:
        """`topics` are the registry's."""
        self._kafka = kafka
        self._topics = topics

    async def run(self, stop: asyncio.Event) -> None:
        """Try until it worked or `stop`; then rest until `stop`."""
        pause = 0.2
        while not stop.is_set():
            try:
                async with asyncio.timeout(30):
                    made = await ensure_topics(self._kafka, self._topics)
            except (KafkaError, OSError, TimeoutError) as error:
                log.warning("topics_wait", error=repr(error)[:200], seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 2.0)
            else:
                if made:
                    log.info("topics_made", topics=made)
                break
        await stop.wait()

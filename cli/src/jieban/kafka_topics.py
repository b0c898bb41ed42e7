"""The Kafka topics of the registry."""

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from contracts.topics import TOPICS
from eventbus.admin import ensure_topics
from eventbus.kafka import KafkaConnection
from jieban.errors import UserError
from runtime.settings import RuntimeSettings

_ENOUGH_COPIES = 3


async def create_missing(settings: RuntimeSettings, replication: int | None = None) -> list[str]:
    """Create the missing topics and return their names.

    Each gets `replication` copies, by default three, or one a broker where there are fewer. Raises `UserError` where
    Kafka cannot be reached or refuses.
    """
    connection = KafkaConnection.of(settings)
    try:
        copies = replication or min(_ENOUGH_COPIES, await _count_brokers(connection))
        return await ensure_topics(connection, TOPICS, replication=copies)
    except (KafkaError, OSError) as error:
        raise UserError(
            f"Kafka at {settings.kafka_bootstrap_servers} could not be asked for its topics ({error}): "
            "check JIEBAN_KAFKA_BOOTSTRAP_SERVERS and that it runs."
        ) from error


async def _count_brokers(connection: KafkaConnection) -> int:
    admin = AIOKafkaAdminClient(**connection.client_options())
    await admin.start()
    try:
        return len((await admin.describe_cluster())["brokers"])
    finally:
        await admin.close()

"""The Kafka topics of the registry."""

from aiokafka.errors import KafkaError

from contracts.topics import TOPICS
from eventbus.admin import ensure_topics
from eventbus.kafka import KafkaConnection
from jieban.errors import UserError
from runtime.settings import RuntimeSettings


async def create_missing(settings: RuntimeSettings, replication: int | None = None) -> list[str]:
    """Create the missing topics and return their names.

    Each gets `replication` copies, by default three, or one a broker where there are fewer. Raises `UserError` where
    Kafka cannot be reached or refuses.
    """
    try:
        return await ensure_topics(KafkaConnection.of(settings), TOPICS, replication=replication)
    except (KafkaError, OSError) as error:
        raise UserError(
            f"Kafka at {settings.kafka_bootstrap_servers} could not be asked for its topics ({error}): "
            "check JIEBAN_KAFKA_BOOTSTRAP_SERVERS and that it runs."
        ) from error

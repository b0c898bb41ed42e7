"""`jieban topics`: the Kafka topics of the registry."""

from typing import Annotated

import typer

from contracts.topics import TOPICS
from jieban.kafka_topics import create_missing
from jieban.settings import read_settings
from runtime import lifecycle


def topics(
    replication: Annotated[
        int | None, typer.Option(min=1, max=15, help="Copies of each new topic. [default: 3, or 1 a broker if fewer]")
    ] = None,
) -> None:
    """Create the Kafka topics that are missing; topics that exist are left as they are.

    [bold]JIEBAN_KAFKA_BOOTSTRAP_SERVERS=kafka:9092 jieban topics[/bold]
    """
    created = lifecycle.run(create_missing(read_settings(), replication))
    for topic in TOPICS:
        typer.echo(f"{topic.name}: {'created' if topic.name in created else 'is there'}")

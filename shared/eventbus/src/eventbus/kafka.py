"""How to reach Kafka: one value object that every client of the bus is made from."""

import ssl
from dataclasses import dataclass
from typing import Any, Protocol

RETRY_BACKOFF_MS = 250
"""At aiokafka's 100 ms, the clients of brokers that are away try so often that the brokers start late."""
REQUEST_TIMEOUT_MS = 5_000
"""Five seconds on both sides halve the stall behind a hung broker; ten do not."""
STOP_TIMEOUT_SECONDS = 2.0
"""aiokafka's own stop may wait for a dead broker for ever, so each stop is cut off here."""


class Secret(Protocol):
    """A wrapped secret, such as pydantic's SecretStr."""

    def get_secret_value(self) -> str:
        """Return the bare secret."""


class KafkaOptions(Protocol):
    """The settings that a process has for Kafka."""

    @property
    def kafka_bootstrap_servers(self) -> str: ...  # noqa: D102 - names say it
    @property
    def kafka_security_protocol(self) -> str: ...  # noqa: D102 - names say it
    @property
    def kafka_sasl_mechanism(self) -> str | None: ...  # noqa: D102 - names say it
    @property
    def kafka_sasl_username(self) -> str | None: ...  # noqa: D102 - names say it
    @property
    def kafka_sasl_password(self) -> Secret | None: ...  # noqa: D102 - names say it
    @property
    def kafka_ssl_cafile(self) -> Any: ...  # noqa: D102 - names say it


@dataclass(frozen=True)
class KafkaConnection:
    """Where the brokers are and how to log in."""

    bootstrap_servers: str
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str | None = None
    sasl_username: str | None = None
    sasl_password: Secret | None = None
    ssl_cafile: str | None = None

    @classmethod
    def of(cls, options: KafkaOptions) -> "KafkaConnection":
        """Take the `kafka_*` settings of a process."""
        return cls(
            bootstrap_servers=options.kafka_bootstrap_servers,
            security_protocol=options.kafka_security_protocol,
            sasl_mechanism=options.kafka_sasl_mechanism,
            sasl_username=options.kafka_sasl_username,
            sasl_password=options.kafka_sasl_password,
            ssl_cafile=str(options.kafka_ssl_cafile) if options.kafka_ssl_cafile else None,
        )

    def client_options(self) -> dict[str, Any]:
        """Return the keyword arguments that aiokafka's producer, consumer and admin client share."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap_servers,
            "security_protocol": self.security_protocol,
            "request_timeout_ms": REQUEST_TIMEOUT_MS,
            "retry_backoff_ms": RETRY_BACKOFF_MS,
        }
        if self.sasl_mechanism:
            options |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.sasl_username,
                "sasl_plain_password": self.sasl_password.get_secret_value() if self.sasl_password else None,
            }
        if self.security_protocol.endswith("SSL"):
            options["ssl_context"] = ssl.create_default_context(cafile=self.ssl_cafile)
        return options

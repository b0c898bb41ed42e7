"""How the settings of a process become the options of every Kafka client."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from eventbus.kafka import KafkaConnection


@dataclass
class _Settings:
    kafka_bootstrap_servers: str = "kafka-1:9092,kafka-2:9092"
    kafka_security_protocol: str = "PLAINTEXT"
    kafka_sasl_mechanism: str | None = None
    kafka_sasl_username: str | None = None
    kafka_sasl_password: SecretStr | None = None
    kafka_ssl_cafile: Path | None = None


def test_a_plain_connection_needs_no_more_than_an_address() -> None:
    options = KafkaConnection.of(_Settings()).client_options()
    assert options["bootstrap_servers"] == "kafka-1:9092,kafka-2:9092"
    assert options["security_protocol"] == "PLAINTEXT"
    assert not {name for name in options if name.startswith(("sasl", "ssl"))}


def test_every_request_has_a_limit() -> None:
    assert KafkaConnection("kafka:9092").client_options()["request_timeout_ms"] == 5_000


def test_a_login_over_tls_is_handed_on_and_its_password_does_not_show() -> None:
    settings = _Settings(
        kafka_security_protocol="SASL_SSL",
        kafka_sasl_mechanism="SCRAM-SHA-512",
        kafka_sasl_username="jieban",
        kafka_sasl_password=SecretStr("a long secret"),
    )
    connection = KafkaConnection.of(settings)
    options = connection.client_options()
    assert options["sasl_mechanism"] == "SCRAM-SHA-512"
    assert options["sasl_plain_username"] == "jieban"
    assert options["sasl_plain_password"] == "a long secret"
    assert isinstance(options["ssl_context"], ssl.SSLContext)
    assert options["ssl_context"].verify_mode is ssl.CERT_REQUIRED
    assert "a long secret" not in repr(connection)

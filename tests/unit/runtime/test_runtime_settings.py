from pathlib import Path

import pytest
from pydantic import ValidationError

from runtime.settings import RuntimeSettings

SECRET = "3f9c1d7be05a4826a7c35d9e1f0b6482"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in RuntimeSettings.model_fields:
        monkeypatch.delenv(f"JIEBAN_{name.upper()}", raising=False)


def test_defaults() -> None:
    settings = RuntimeSettings()
    assert settings.data_dir == Path(".jieban")
    assert (settings.tenant, settings.timezone) == ("522723", "Asia/Shanghai")
    assert settings.intake_database_url is None
    assert settings.kafka_bootstrap_servers == "127.0.0.1:9092"
    assert settings.token_secret is None


def test_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIEBAN_TENANT", "110105")
    monkeypatch.setenv("JIEBAN_DATABASE_POOL_SIZE", "20")
    monkeypatch.setenv("JIEBAN_TOKEN_SECRET", SECRET)
    settings = RuntimeSettings()
    assert (settings.tenant, settings.database_pool_size) == ("110105", 20)
    assert settings.token_secret is not None
    assert settings.token_secret.get_secret_value() == SECRET


def test_an_empty_variable_is_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIEBAN_TENANT", "")
    monkeypatch.setenv("JIEBAN_OIDC_ISSUER", "")
    settings = RuntimeSettings()
    assert (settings.tenant, settings.oidc_issuer) == ("522723", None)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
def test_database_urls_get_their_driver(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("JIEBAN_LEDGER_DATABASE_URL", f"{scheme}://u:p%40@db:5432/ledger")
    assert RuntimeSettings().ledger_database_url == "postgresql+asyncpg://u:p%40@db:5432/ledger"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOKEN_SECRET", "short"),
        ("TOKEN_SECRET", "a" * 64),
        ("TOKEN_SECRET", "changeme-changeme-changeme-changeme"),
        ("TOKEN_SECRET", "This-is-an-Example-of-a-secret-0123456789"),
        ("INTAKE_DATABASE_URL", "sqlite:///x.db"),
        ("INTAKE_DATABASE_URL", "localhost/x"),
        ("TIMEZONE", "Asia/Guiding"),
        ("TIMEZONE", "../etc/passwd"),
        ("TENANT", "a b"),
        ("TRUSTED_PROXIES", "gateway"),
        ("TRUSTED_PROXIES", "10.0.0.0/8,10.0.0.1/8"),
        ("DATABASE_POOL_SIZE", "0"),
        ("MAX_BODY_BYTES", "-1"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("KAFKA_SECURITY_PROTOCOL", "TLS"),
    ],
)
def test_a_bad_value_stops_the_start_without_being_quoted(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"JIEBAN_{name}", value)
    with pytest.raises(ValidationError) as caught:
        RuntimeSettings()
    assert name.lower() in str(caught.value)
    if name == "TOKEN_SECRET":
        assert value not in str(caught.value)


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIEBAN_TOKEN_SECRET", SECRET)
    monkeypatch.setenv("JIEBAN_KAFKA_SASL_PASSWORD", "CANARY")
    monkeypatch.setenv("JIEBAN_INTAKE_DATABASE_URL", "postgresql://u:CANARY@db/x")
    shown = repr(RuntimeSettings())
    assert "CANARY" not in shown
    assert SECRET not in shown


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        RuntimeSettings().tenant = "1"  # type: ignore[misc] # that it cannot be assigned is the point

"""The commands that start nothing: tokens, settings, and errors in one sentence."""

import io
import socket
from contextlib import redirect_stderr
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from contracts.roles import Role
from jieban import main
from jieban.addresses import check_address
from jieban.commands.token import duration
from jieban.errors import UserError
from jieban.roles import work_roles
from jieban.settings import read_settings, signing_secret
from jieban.welcome import welcome
from runtime.auth import TokenVerifier
from runtime.settings import RuntimeSettings

KEY = "0123456789abcdefghijklmnopqrstuvwxyz"


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    """Return the exit code, or what is told to the user in its place."""
    monkeypatch.setattr("sys.argv", ["jieban", *arguments])
    told = io.StringIO()
    with pytest.raises(SystemExit) as ended, redirect_stderr(told):
        main.app()
    return told.getvalue().rstrip("\n") if told.getvalue().startswith("jieban: ") else ended.value.code


def test_a_token_is_taken_by_the_services(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("JIEBAN_TOKEN_SECRET", KEY)
    assert _run(monkeypatch, "token", "--role", "officer", "--role", "inspector", "--tenant", "110101") == 0
    printed = capsys.readouterr().out.strip()
    caller = TokenVerifier(RuntimeSettings(token_secret=SecretStr(KEY))).verify(printed)
    assert (caller.subject, caller.tenant) == ("officer-demo", "110101")
    assert caller.roles == {"officer", "inspector"}


def test_without_a_key_no_token_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JIEBAN_TOKEN_SECRET", raising=False)
    told = _run(monkeypatch, "token", "--role", "officer", "--data-dir", str(tmp_path))
    assert str(told).startswith("jieban: There is no key to sign tokens with")


def test_the_key_of_the_data_directory_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JIEBAN_TOKEN_SECRET", raising=False)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "token-secret").write_text(f"{KEY}\n")
    assert signing_secret(read_settings(data_dir=tmp_path)) == KEY


@pytest.mark.parametrize(("text", "expected"), [("90s", 90), ("15m", 900), ("12h", 43_200), ("30d", 2_592_000)])
def test_durations(text: str, expected: int) -> None:
    assert duration(text) == timedelta(seconds=expected)


@pytest.mark.parametrize("text", ["", "0h", "12", "h", "-1h", "1.5h", "1w", "999999d"])
def test_other_texts_are_no_durations(text: str) -> None:
    with pytest.raises(ValueError, match="15m, 12h or 30d"):
        duration(text)


def test_a_wrong_setting_is_named_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIEBAN_TOKEN_SECRET", "much-too-short")
    monkeypatch.setenv("JIEBAN_DATABASE_POOL_SIZE", "many")
    told = str(_run(monkeypatch, "topics"))
    assert "JIEBAN_TOKEN_SECRET must have at least 32 bytes" in told
    assert "JIEBAN_DATABASE_POOL_SIZE should be a valid integer" in told
    assert "much-too-short" not in told
    assert "\n" not in told


def test_a_service_without_its_database_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JIEBAN_INTAKE_DATABASE_URL", raising=False)
    assert "JIEBAN_INTAKE_DATABASE_URL is not set" in str(_run(monkeypatch, "migrate", "intake"))


def test_a_database_that_is_away_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIEBAN_INTAKE_DATABASE_URL", "postgresql://someone:secret@127.0.0.1:1/intake")
    told = str(_run(monkeypatch, "migrate", "intake"))
    assert told.startswith("jieban: The database of intake cannot be used")
    assert "secret" not in told


def test_roles_of_a_process() -> None:
    assert work_roles("relay, consumer") == {"relay", "consumer"}
    for wrong in ("", ",", "api,everything"):
        with pytest.raises(UserError, match="--roles takes a list of api, consumer, relay"):
            work_roles(wrong)


def test_an_address_that_cannot_be_had_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UserError, match="is in use: stop what listens there or choose another with --port"):
            check_address("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(UserError, match="cannot be listened on"):
        check_address("192.0.2.1", 8000)


def test_the_welcome_has_a_token_for_each_role_that_works() -> None:
    settings = RuntimeSettings(token_secret=SecretStr(KEY))
    text = welcome(settings, "0.0.0.0", 9000)
    assert "http://127.0.0.1:9000/ledger/v1/docs" in text
    verifier = TokenVerifier(settings)
    for role in Role:
        token = text.partition(f"export {role.upper()}=")[2].split()[0]
        assert verifier.verify(token).roles == {role}


def test_with_an_identity_provider_the_welcome_makes_no_tokens() -> None:
    text = welcome(RuntimeSettings(oidc_issuer="https://id.example"), "127.0.0.1", 8000)
    assert "Tokens come from https://id.example." in text
    assert "export" not in text

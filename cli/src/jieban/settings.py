"""Reading the settings of a command, with errors that a person understands."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from jieban.embedded.datadir import DataDir
from jieban.errors import UserError
from runtime.settings import RuntimeSettings


def read_settings(**known: Any) -> RuntimeSettings:
    """Read the `JIEBAN_*` settings of the environment; what is `known` already (and not None) goes before them.

    Files of the directory JIEBAN_SECRETS_DIR that are named like a setting stand for it (Docker and Kubernetes
    secrets); the environment goes before them. Raises `UserError` that names each wrong setting and what is wrong with
    it, but never its value.
    """
    secrets = os.environ.get("JIEBAN_SECRETS_DIR")
    if secrets is not None and not Path(secrets).is_dir():
        raise UserError(f"JIEBAN_SECRETS_DIR names {secrets}, which is no directory.")
    known["_secrets_dir"] = secrets
    try:
        return RuntimeSettings(**{name: value for name, value in known.items() if value is not None})
    except ValidationError as error:
        raise UserError(_explain(error)) from None


def is_set(settings: RuntimeSettings, name: str) -> bool:
    """Tell whether the environment or the caller gave a setting, rather than its default."""
    return name in settings.model_fields_set


def signing_secret(settings: RuntimeSettings) -> str:
    """Return the key of the local token issuer: JIEBAN_TOKEN_SECRET, else the one kept in the data directory.

    Raises `UserError` when there is neither.
    """
    if settings.token_secret:
        return settings.token_secret.get_secret_value()
    path = DataDir(_absolute(settings.data_dir)).token_secret_file
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        raise UserError(
            f"There is no key to sign tokens with: set JIEBAN_TOKEN_SECRET, or name with --data-dir a directory that "
            f"'jieban up' has used ({path} is not there)."
        ) from None


def with_signing_secret(settings: RuntimeSettings) -> RuntimeSettings:
    """Complete the settings of a service process: without an identity provider, tokens need the local key.

    Where the data directory keeps a secret for the ledger's checkpoints, it is that.
    """
    found: dict[str, object] = {}
    if not settings.oidc_issuer and not settings.token_secret:
        found["token_secret"] = signing_secret(settings)
    kept = DataDir(_absolute(settings.data_dir)).ledger_secret_file
    if settings.ledger_signing_secret is None and kept.is_file():
        found["ledger_signing_secret"] = kept.read_text(encoding="ascii").strip()
    return read_settings(**_given(settings) | found) if found else settings


def with_addresses(settings: RuntimeSettings, environment: Mapping[str, str], directory: DataDir) -> RuntimeSettings:
    """Complete the settings of `jieban up`: the embedded parts of `environment`, and keys for tokens and checkpoints.

    Keys are made and kept in the data directory unless the operator set them or has an identity provider.
    """
    found: dict[str, object] = {name.removeprefix("JIEBAN_").lower(): value for name, value in environment.items()}
    if settings.instance is None:
        found["instance"] = "up"  # one a data directory: after a crash, Kafka gives it its partitions back at once
    if settings.oidc_issuer is None and settings.token_secret is None:
        found["token_secret"] = directory.secret(directory.token_secret_file.name)
    if settings.ledger_signing_secret is None:
        found["ledger_signing_secret"] = directory.secret(directory.ledger_secret_file.name)
    return read_settings(**_given(settings) | found)


def _given(settings: RuntimeSettings) -> dict[str, object]:
    return {name: getattr(settings, name) for name in settings.model_fields_set}


def _absolute(path: Path) -> Path:
    return path.expanduser().resolve()


def _explain(error: ValidationError) -> str:
    faults = []
    for fault in error.errors(include_input=False, include_url=False):
        name = "_".join(str(part) for part in fault["loc"]).upper()
        reason = fault["msg"].removeprefix("Value error, ").replace("Input should", "should")
        faults.append(f"JIEBAN_{name} {reason}")
    return "Wrong setting: " + "; ".join(faults) + "."

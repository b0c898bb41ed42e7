"""The three services, imported only when a command needs them."""

from collections.abc import Sequence
from enum import StrEnum
from importlib import import_module

from jieban.errors import UserError
from runtime.auth import TokenVerifier
from runtime.lifecycle import Service
from runtime.settings import RuntimeSettings


class ServiceName(StrEnum):
    """One of the services."""

    INTAKE = "intake"
    DISPATCH = "dispatch"
    LEDGER = "ledger"

    @property
    def package(self) -> str:
        """The Python package of the service, with its migrations in it."""
        return f"{self}_service"


ALL_SERVICES = tuple(ServiceName)


def database_url(settings: RuntimeSettings, name: ServiceName) -> str:
    """Return the address of the service's database; `UserError` where none is set."""
    url: str | None = getattr(settings, f"{name}_database_url")
    if url is None:
        raise UserError(
            f"JIEBAN_{name.upper()}_DATABASE_URL is not set: name the database of {name}, or use 'jieban up', "
            "which brings its own ('jieban stack' brings one for separate processes)."
        )
    return url


def build(names: Sequence[ServiceName], settings: RuntimeSettings) -> list[Service]:
    """Compose the services; nothing connects anywhere before they are opened."""
    verifier = TokenVerifier(settings)
    services: list[Service] = []
    for name in names:
        database_url(settings, name)
        services.append(import_module(f"{name.package}.main").build(settings, verifier))
    return services

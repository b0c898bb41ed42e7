"""The names of the three services, and where their settings are."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import make_url

from jieban.errors import UserError
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


class Target(NamedTuple):
    """A database whose schema is to be migrated."""

    url: str
    login: str | None = None
    """Who works on the tables, where that is not who owns them."""


def targets(settings: RuntimeSettings, names: Iterable[ServiceName]) -> Mapping[ServiceName, Target]:
    """Return where the schemas of services are migrated; `UserError` where the database of one is not set."""
    found = {}
    for name in names:
        url = database_url(settings, name)
        owners: str = getattr(settings, f"{name}_migration_database_url", None) or url
        login = make_url(url).username
        found[name] = Target(owners, None if make_url(owners).username == login else login)
    return found

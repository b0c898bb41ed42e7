"""The names of the three services, and where their settings are."""

from enum import StrEnum

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

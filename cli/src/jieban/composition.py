"""The services as they run, imported only when a process is to run them."""

from collections.abc import Sequence
from importlib import import_module

from jieban.errors import UserError
from jieban.services import ServiceName, database_url
from runtime.auth import TokenVerifier
from runtime.lifecycle import Service
from runtime.settings import RuntimeSettings, UnusableSetting


def build(names: Sequence[ServiceName], settings: RuntimeSettings) -> list[Service]:
    """Compose the services; nothing connects anywhere before they are opened. Raises `UserError`."""
    verifier = TokenVerifier(settings)
    services: list[Service] = []
    for name in names:
        database_url(settings, name)
        try:
            services.append(import_module(f"{name.package}.main").build(settings, verifier))
        except UnusableSetting as error:
            raise UserError(f"{error}.") from error
    return services

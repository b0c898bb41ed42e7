"""`jieban serve`: one service as a process of its own."""

from enum import StrEnum
from typing import Annotated

import typer

from jieban.commands.options import DataDirOption, HostOption, PortOption
from jieban.errors import UserError
from jieban.listening import check_address, listen
from jieban.services import ServiceName, build
from jieban.settings import read_settings, with_signing_secret
from runtime import lifecycle, logging, tracing


class WorkRole(StrEnum):
    """What a process does for its service."""

    API = "api"
    RELAY = "relay"
    CONSUMER = "consumer"


ALL_ROLES = frozenset(role.value for role in WorkRole)


def serve(
    service: Annotated[ServiceName, typer.Argument(help="Which service.")],
    roles: Annotated[
        str, typer.Option(help="What this process does, of: api, relay, consumer.", metavar="LIST")
    ] = "api,relay,consumer",
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    data_dir: DataDirOption = None,
) -> None:
    """Run one service as a process of its own, on the database and the Kafka of the JIEBAN_* settings.

    [bold]jieban serve intake --port 8001[/bold]            all of intake in one process

    [bold]jieban serve intake --roles api --host 0.0.0.0[/bold]   only its API: as many replicas as you like

    [bold]jieban serve dispatch --roles relay,consumer[/bold]     only its work behind the scenes

    In every role, /healthz, /readyz and /metrics are served. Tokens are checked with JIEBAN_TOKEN_SECRET,
    JIEBAN_OIDC_ISSUER, or the key in the data directory. Run 'jieban migrate' and 'jieban topics' first.
    """
    wanted = work_roles(roles)
    settings = with_signing_secret(read_settings(data_dir=data_dir))
    logging.configure(settings.log_level, settings.log_format)
    tracing.configure(f"jieban-{service}")
    check_address(host, port)
    lifecycle.run(listen(build([service], settings), roles=wanted, host=host, port=port))


def work_roles(text: str) -> frozenset[str]:
    """Read a list such as `relay,consumer`; `UserError` for an unknown word."""
    words = frozenset(word.strip() for word in text.split(",") if word.strip())
    if not words or not words <= ALL_ROLES:
        raise UserError(f"--roles takes a list of {', '.join(sorted(ALL_ROLES))}, not '{text}'.")
    return words

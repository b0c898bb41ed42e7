"""`jieban serve`: one service as a process of its own."""

from typing import Annotated

import structlog
import typer

from jieban.addresses import check_address
from jieban.commands.options import DataDirOption, HostOption, PortOption
from jieban.composition import build
from jieban.listening import listen
from jieban.roles import work_roles
from jieban.schemas import migrate_all
from jieban.services import ServiceName, targets
from jieban.settings import read_settings, with_signing_secret
from runtime import lifecycle, logging, tracing

log = structlog.get_logger()


def serve(
    service: Annotated[ServiceName, typer.Argument(help="Which service.")],
    roles: Annotated[
        str, typer.Option(help="What this process does, of: api, relay, consumer.", metavar="LIST")
    ] = "api,relay,consumer",
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    data_dir: DataDirOption = None,
    migrate: Annotated[bool, typer.Option("--migrate", help="First bring its database to the newest schema.")] = False,
) -> None:
    """Run one service as a process of its own, on the database and the Kafka of the JIEBAN_* settings.

    [bold]jieban serve intake --port 8001[/bold]            all of intake in one process

    [bold]jieban serve intake --roles api --host 0.0.0.0[/bold]   only its API: as many replicas as you like

    [bold]jieban serve dispatch --roles relay,consumer[/bold]     only its work behind the scenes

    In every role, /healthz, /readyz and /metrics are served. Tokens are checked with JIEBAN_TOKEN_SECRET,
    JIEBAN_OIDC_ISSUER, or the key in the data directory. The database must have its schema ('jieban migrate', or
    --migrate); missing Kafka topics are created once Kafka is there.

    SIGTERM ends it in order: /readyz says 503 at once; for JIEBAN_DRAIN_SECONDS (default 0) requests are still taken,
    so that a load balancer can move them elsewhere; then what is in hand is finished, within 8 seconds.
    """
    wanted = work_roles(roles)
    settings = with_signing_secret(read_settings(data_dir=data_dir))
    logging.configure(settings.log_level, settings.log_format)
    tracing.configure(f"jieban-{service}")
    check_address(host, port)
    if migrate:
        state = migrate_all(targets(settings, [service]))[service]
        if state.newer:
            log.warning("schema_newer_than_release", service=service, revisions=state.newer)
    services = build([service], settings)
    lifecycle.run(
        listen(
            services,
            roles=wanted,
            host=host,
            port=port,
            drain_seconds=settings.drain_seconds,
            trusted_proxies=settings.trusted_proxies,
        )
    )

"""Running services until a signal, with an error that a person understands when the port cannot be had."""

from collections.abc import Awaitable, Callable, Sequence

from jieban.addresses import port_in_use
from runtime import lifecycle
from runtime.lifecycle import PortInUse, Service


async def listen(
    services: Sequence[Service],
    *,
    roles: frozenset[str],
    host: str,
    port: int,
    on_ready: Callable[[], Awaitable[None] | None] | None = None,
    grace_seconds: float = 8.0,
    drain_seconds: float = 0.0,
    trusted_proxies: str = "",
) -> None:
    """Run the services until a signal, as `runtime.lifecycle.serve` does; `UserError` if the port was taken."""
    try:
        await lifecycle.serve(
            services,
            roles=roles,
            host=host,
            port=port,
            on_ready=on_ready,
            grace_seconds=grace_seconds,
            drain_seconds=drain_seconds,
            trusted_proxies=trusted_proxies,
        )
    except PortInUse as error:
        raise port_in_use(host, port) from error

"""Serving on an address, with an error that a person understands when it cannot be had."""

import errno
import socket
from collections.abc import Awaitable, Callable, Sequence

from jieban.errors import UserError
from runtime import lifecycle
from runtime.lifecycle import PortInUse, Service


def check_address(host: str, port: int) -> None:
    """Raise `UserError` unless a server could listen there now; for knowing early, before long work."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        raise _refusal(host, port, error) from error


async def listen(
    services: Sequence[Service],
    *,
    roles: frozenset[str],
    host: str,
    port: int,
    on_ready: Callable[[], Awaitable[None] | None] | None = None,
    grace_seconds: float = 8.0,
) -> None:
    """Run the services until a signal, as `runtime.lifecycle.serve` does; `UserError` if the port was taken."""
    try:
        await lifecycle.serve(
            services, roles=roles, host=host, port=port, on_ready=on_ready, grace_seconds=grace_seconds
        )
    except PortInUse as error:
        raise _port_in_use(host, port) from error


def _refusal(host: str, port: int, error: OSError) -> UserError:
    if error.errno == errno.EADDRINUSE:
        return _port_in_use(host, port)
    return UserError(
        f"Port {port} of {host} cannot be listened on ({error.strerror}): choose another --host or --port."
    )


def _port_in_use(host: str, port: int) -> UserError:
    return UserError(f"Port {port} of {host} is in use: stop what listens there or choose another with --port.")

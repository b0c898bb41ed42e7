"""Whether this process may listen on an address, known before long work."""

import errno
import socket

from jieban.errors import UserError


def check_address(host: str, port: int) -> None:
    """Raise `UserError` unless a server could listen there now."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        raise _refusal(host, port, error) from error


def _refusal(host: str, port: int, error: OSError) -> UserError:
    if error.errno == errno.EADDRINUSE:
        return port_in_use(host, port)
    return UserError(
        f"Port {port} of {host} cannot be listened on ({error.strerror}): choose another --host or --port."
    )


def port_in_use(host: str, port: int) -> UserError:
    """Return the error for a port that something else listens on."""
    return UserError(f"Port {port} of {host} is in use: stop what listens there or choose another with --port.")

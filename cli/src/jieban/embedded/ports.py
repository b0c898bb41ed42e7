"""Choice of ports for servers on the loopback interface."""

import random
import socket

from jieban.errors import UserError

LOOPBACK = "127.0.0.1"
_RANGE = range(20_000, 30_000)
"""Below 32768: the kernel hands out higher ports to outgoing connections, and one may sit on ours."""


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Tell whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def choose_port(preferred: int | None = None, avoid: frozenset[int] = frozenset()) -> int:
    """Return the preferred port if it is free, else any free one between 20000 and 29999."""
    candidates = [preferred] if preferred else []
    candidates += random.sample(_RANGE, 200)
    for port in candidates:
        if port not in avoid and is_free(port):
            return port
    raise UserError("No free port was found between 20000 and 29999 on 127.0.0.1.")


def given_back(preferred: int | None, chosen: int) -> int:
    """Return the preferred port if it is free by now, else the one that was chosen in its place."""
    return preferred if preferred is not None and preferred != chosen and is_free(preferred) else chosen

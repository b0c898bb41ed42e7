"""All three services in one process, on servers that run: the part of `jieban up` that takes long to import."""

from collections.abc import Callable

from jieban.bootstrap import prepare
from jieban.composition import build
from jieban.embedded.datadir import DataDir
from jieban.listening import listen
from jieban.roles import ALL_ROLES
from jieban.services import ALL_SERVICES
from jieban.welcome import welcome
from runtime.settings import RuntimeSettings


async def serve_county(
    settings: RuntimeSettings,
    directory: DataDir,
    *,
    host: str,
    port: int,
    demo: bool,
    grace_seconds: float,
    tell: Callable[[str], None],
) -> None:
    """Prepare databases and topics, then serve until a signal; tells the addresses and tokens once it does."""
    await prepare(settings, directory, demo=demo, tell=tell)
    await listen(
        build(ALL_SERVICES, settings),
        roles=ALL_ROLES,
        host=host,
        port=port,
        on_ready=lambda: tell(welcome(settings, host, port)),
        grace_seconds=grace_seconds,
        trusted_proxies=settings.trusted_proxies,
    )

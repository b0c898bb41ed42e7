"""`jieban up`: everything on one machine, behind one address."""

import os
import sys
from typing import Annotated

import typer

from jieban.bootstrap import prepare
from jieban.commands.options import DataDirOption, HostOption, PortOption
from jieban.commands.serve import ALL_ROLES
from jieban.embedded.datadir import DataDir
from jieban.embedded.lock import exclusive
from jieban.embedded.stack import Stack
from jieban.listening import check_address, listen
from jieban.services import ALL_SERVICES, build
from jieban.settings import is_set, read_settings, with_addresses
from jieban.signals import ignore_signals, run_until_signalled
from jieban.welcome import welcome
from runtime import logging, tracing
from runtime.settings import RuntimeSettings

_GRACE_SECONDS = 5.0
"""For the services; the embedded servers have four seconds after them, so that all ends within ten."""


def up(
    port: PortOption = 8000,
    host: HostOption = "127.0.0.1",
    data_dir: DataDirOption = None,
    demo: Annotated[bool, typer.Option(help="Load the demo county at the first start.")] = True,
) -> None:
    """Run all of Jieban here: PostgreSQL, Kafka and the three services, behind one address.

    Needs nothing but this command: both servers are real ones that it brings along. Data is kept in the data
    directory between runs. A database or Kafka of your own is used instead where JIEBAN_INTAKE_DATABASE_URL,
    JIEBAN_DISPATCH_DATABASE_URL, JIEBAN_LEDGER_DATABASE_URL or JIEBAN_KAFKA_BOOTSTRAP_SERVERS is set.

    [bold]jieban up[/bold]                              http://127.0.0.1:8000, data in ./.jieban

    [bold]jieban up --port 9000 --data-dir ~/jieban[/bold]   elsewhere, and beside another one

    [bold]jieban up --no-demo[/bold]                    an empty county
    """
    settings = read_settings(data_dir=data_dir, log_format=_log_format())
    logging.configure(settings.log_level, settings.log_format)
    tracing.configure("jieban")
    check_address(host, port)
    directory = DataDir.open(settings.data_dir)
    with exclusive(directory):
        run_until_signalled(_run(directory, settings, host, port, demo))
    _say("Stopped.")


async def _run(directory: DataDir, settings: RuntimeSettings, host: str, port: int, demo: bool) -> None:
    own = tuple(name for name in ALL_SERVICES if not is_set(settings, f"{name}_database_url"))
    kafka = not is_set(settings, "kafka_bootstrap_servers")
    async with Stack(directory, databases=own, kafka=kafka, tell=_say) as stack:
        complete = with_addresses(settings, stack.environment(), directory)
        await prepare(complete, directory, demo=demo, tell=_say)
        try:
            await listen(
                build(ALL_SERVICES, complete),
                roles=ALL_ROLES,
                host=host,
                port=port,
                on_ready=lambda: _say(welcome(complete, host, port)),
                grace_seconds=_GRACE_SECONDS,
            )
            _say("Stopping …")
        finally:
            ignore_signals()


def _log_format() -> str | None:
    """Return a form for people where one is looking and has not chosen, else None."""
    return "console" if sys.stderr.isatty() and "JIEBAN_LOG_FORMAT" not in os.environ else None


def _say(line: str) -> None:
    typer.echo(line)

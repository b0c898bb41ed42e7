"""`jieban up`: everything on one machine, behind one address."""

import asyncio
import os
import sys
from importlib import import_module
from types import ModuleType
from typing import Annotated

import typer

from jieban.addresses import check_address
from jieban.commands.options import DataDirOption, HostOption, PortOption
from jieban.embedded.datadir import DataDir
from jieban.embedded.lock import exclusive
from jieban.embedded.stack import Stack
from jieban.services import ALL_SERVICES
from jieban.settings import is_set, read_settings, with_addresses
from jieban.signals import ignore_signals, run_until_signalled
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
    JIEBAN_DISPATCH_DATABASE_URL, JIEBAN_LEDGER_DATABASE_URL or JIEBAN_KAFKA_BOOTSTRAP_SERVERS is set. The first start
    fetches Kafka's jars (43 MB) from Maven Central, or from the mirror that JIEBAN_MAVEN_URL names.

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
    importing = asyncio.create_task(asyncio.to_thread(_import_services))  # while the servers start
    async with Stack(directory, databases=own, kafka=kafka, tell=_say) as stack:
        county = await importing
        complete = with_addresses(settings, stack.environment(), directory)
        try:
            await county.serve_county(
                complete, directory, host=host, port=port, demo=demo, grace_seconds=_GRACE_SECONDS, tell=_say
            )
            _say("Stopping …")
        finally:
            ignore_signals()


def _import_services() -> ModuleType:
    for name in ALL_SERVICES:
        import_module(f"{name.package}.main")
    return import_module("jieban.county")


def _log_format() -> str | None:
    """Return a form for people where one is looking and has not chosen, else None."""
    return "console" if sys.stderr.isatty() and "JIEBAN_LOG_FORMAT" not in os.environ else None


def _say(line: str) -> None:
    typer.echo(line)

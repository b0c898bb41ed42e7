"""`jieban stack`: the embedded PostgreSQL and Kafka alone."""

import asyncio
import shlex

import typer

from jieban.commands.options import DataDirOption
from jieban.embedded.datadir import DataDir
from jieban.embedded.lock import exclusive
from jieban.embedded.stack import Stack
from jieban.settings import read_settings
from jieban.signals import run_until_signalled


def stack(data_dir: DataDirOption = None) -> None:
    """Run only the embedded PostgreSQL and Kafka, and print the settings that point to them.

    For services in processes of their own, and for trying things out. The printed lines go to standard output and
    hold passwords; progress goes to standard error. Ctrl-C stops both servers.

    In one terminal: [bold]jieban stack > stack.env[/bold]

    In another: [bold]. ./stack.env && jieban migrate && jieban topics && jieban serve intake[/bold]
    """
    directory = DataDir.open(read_settings(data_dir=data_dir).data_dir)
    directory.secret(directory.token_secret_file.name)
    with exclusive(directory):
        run_until_signalled(_run(directory))
    typer.echo("Stopped.", err=True)


async def _run(directory: DataDir) -> None:
    async with Stack(directory, tell=lambda line: typer.echo(line, err=True)) as running:
        settings = {**running.environment(), "JIEBAN_DATA_DIR": str(directory.root)}
        for name, value in settings.items():
            typer.echo(f"export {name}={shlex.quote(value)}")
        typer.echo("Ready; Ctrl-C stops.", err=True)
        await asyncio.Event().wait()

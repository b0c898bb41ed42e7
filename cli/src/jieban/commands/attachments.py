"""`jieban attachments`: from one store of attachments to another."""

from typing import Annotated

import typer
from rich.progress import DownloadColumn

from intake_service.persistence.paired_blobs import PairedBlobs
from intake_service.persistence.staging import Staging
from intake_service.service.moving_contents import Move, Moved
from intake_service.service.stores import blobs_of, folder_of
from jieban.commands.bars import with_bar
from jieban.errors import UserError
from jieban.services import ServiceName
from jieban.settings import read_settings
from runtime.outages import is_outage
from runtime.settings import UnusableSetting

attachments = typer.Typer(
    no_args_is_help=True, rich_markup_mode="rich", help="Where the files of attachments are kept: docs/attachments.md."
)
_SHOWN = 20


@attachments.callback()
def _group() -> None:
    """Keep `move` a word of its own while it is the only one."""


@attachments.command()
def move(
    remove: Annotated[
        bool, typer.Option("--remove", help="Delete each content in the second store once the first proves to have it.")
    ] = False,
) -> None:
    """Copy all contents from JIEBAN_ATTACHMENTS_SECOND_STORE to JIEBAN_ATTACHMENTS_STORE, each checked by its digest.

    Intake runs meanwhile, with the same two settings: it reads from both. Broken off, it goes on where it was. Ends
    with 1 where a content could not be had whole; these stay where they are.
    """
    settings = read_settings()
    try:
        blobs = blobs_of(settings)
    except UnusableSetting as error:
        raise UserError(f"{error}.") from error
    if not isinstance(blobs, PairedBlobs):
        raise UserError("JIEBAN_ATTACHMENTS_SECOND_STORE is not set: nothing moves from one store to another.")
    source, target = blobs.second, blobs.first
    staging = Staging(folder_of(settings))
    try:
        moved: Moved = with_bar(
            "Moving",
            ServiceName.INTAKE,
            DownloadColumn(),
            lambda engine, told: Move(engine, source, target, staging, remove).run(told),
        )
    except Exception as error:
        if isinstance(error, OSError):
            said = str(error.strerror or error)
        elif is_outage(error):
            said = "Intake's database has gone away"
        else:
            raise
        raise UserError(f"{said}: broken off. What was copied stays; begin again.") from error
    for line in moved.broken[:_SHOWN]:
        typer.echo(line)
    typer.echo(
        f"{moved.copied:,} contents were copied from {source.name} to {target.name}, {moved.there:,} were there, "
        f"{moved.removed:,} were removed, {len(moved.broken):,} could not be had whole."
    )
    if moved.broken:
        raise typer.Exit(1)

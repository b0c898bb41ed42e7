"""`jieban verify`: whether an exported ledger is what was sealed and signed."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from jieban.errors import UserError
from jieban.export_reading import examined
from ledger_service.domain.checkpoints import BadCheckpoint, Checkpoint, TamperedCheckpoint, opened
from ledger_service.domain.exporting import BadExport, Header, decode_header
from ledger_service.domain.verifying import Flaw, Run, Verifier

_SHOWN = 20
_UNREADABLE, _TAMPERED = 3, 4
"""What the command ends with where it could not check; 1 where it did and found something, 2 for wrong options."""


def verify(
    file: Annotated[Path, typer.Argument(help="What GET /ledger/v1/export gave.", exists=True, dir_okay=False)],
    key: Annotated[
        str | None,
        typer.Option(
            help="The ledger's public key, from somewhere else than the file (GET /ledger/v1/checkpoints/key)."
        ),
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(help="A signed checkpoint that you kept; repeat it for several.", exists=True, dir_okay=False),
    ] = None,
) -> None:
    """Check a whole export offline: every entry against its seal, the chain, the tree, the signed checkpoints.

    Says which entries were changed, removed or put in, and ends with 1 where there are any; with 3 where the file or a
    checkpoint cannot be read, with 4 where a checkpoint was tampered with. Without --key it believes
    the key in the file, which shows that the file fits together, not whose it is. A checkpoint that you kept shows that
    the ledger before it has not been written anew since.

    [bold]curl -H "Authorization: Bearer $TOKEN" $URL/ledger/v1/export > ledger.jsonl[/bold]

    [bold]jieban verify ledger.jsonl --key jieban/522723+5ccdc71e+AbX… --checkpoint kept-in-march.txt[/bold]
    """
    console, began = Console(), time.monotonic()
    try:
        with file.open("rb") as lines:
            header = decode_header(lines.readline())
            signed = _signed(header, key, checkpoint or [])
            verifier = Verifier(signed, entries=header.entries)
            flaws = list(_flaws(verifier, file, lines.tell()))
    except TamperedCheckpoint as error:
        raise UserError(f"{file}: {error}.", code=_TAMPERED) from error
    except (BadExport, BadCheckpoint) as error:
        raise UserError(f"{file}: {error}.", code=_UNREADABLE) from error
    seconds = time.monotonic() - began
    console.print(
        f"{verifier.entries:,} entries of {header.tenant}; signed checkpoints: {len(signed)}; {seconds:.1f} s "
        f"({verifier.entries / seconds:,.0f} entries/s)"
    )
    if key is None:
        console.print(f"The key was in the file: {header.verifier_key}", soft_wrap=True)
    for flaw in flaws[:_SHOWN]:
        console.print(f"[red]✗[/red] {flaw.kind}: {flaw.what}")
    if len(flaws) > _SHOWN:
        console.print(f"… and {len(flaws) - _SHOWN:,} more")
    if flaws:
        raise typer.Exit(1)
    if verifier.erased:
        console.print(f"{verifier.erased:,} of them were erased, each by an entry that says so.")
    console.print(f"[green]✓[/green] {_what_is_shown(verifier.entries, signed)}")


def _signed(header: Header, key: str | None, kept: list[Path]) -> list[Checkpoint]:
    notes = [*header.checkpoints, *(path.read_text("utf-8") for path in kept)]
    return [opened(note, key or header.verifier_key) for note in notes]


def _flaws(verifier: Verifier, file: Path, start: int) -> Iterator[Flaw]:
    with Progress(transient=True) as progress:
        task = progress.add_task("Verifying", total=file.stat().st_size)
        for part in examined(file, start, lambda read: progress.advance(task, read)):
            if isinstance(part, Run):
                yield from verifier.take_run(part)
                continue
            for entry in part:
                yield from verifier.take(entry)
    yield from verifier.end()


def _what_is_shown(entries: int, signed: list[Checkpoint]) -> str:
    size = max((each.size for each in signed), default=0)
    whole = f"Nothing was changed, removed or put in: {size:,} of {entries:,} entries are signed for."
    return whole if size == entries else f"{whole[:-1]}, the rest is linked to them."

"""`jieban verify`: whether an exported ledger is what was sealed and signed."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from jieban.checkpoint_reading import named, signed_of
from jieban.export_reading import examined
from ledger_service.domain.exporting import decode_header
from ledger_service.domain.verifying import Flaw, Run, Verifier

_SHOWN = 20
_FLAWED, _UNPROVED = 1, 5
"""What the command ends with where it could check; 2 is for wrong options, 3 and 4 are of `checkpoint_reading`."""


def verify(
    file: Annotated[Path, typer.Argument(help="What GET /ledger/v1/export gave.", exists=True, dir_okay=False)],
    key: Annotated[
        list[str] | None,
        typer.Option(
            help="The ledger's public key, from somewhere else than the file (GET /ledger/v1/checkpoints/key); repeat "
            "it for those of before."
        ),
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(
            help="A signed checkpoint that you kept (a note of GET /ledger/v1/checkpoints); repeat it for several.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
) -> None:
    """Check a whole export offline: every entry against its seal, the chain, the tree, the signed checkpoints.

    Says which entries were changed, removed or put in, and how many are signed for: what comes behind the last
    checkpoint is only linked to the rest, which whoever makes entries up can do as well. Without --key it believes
    the key in the file, which shows that the file fits together, not whose it is. A checkpoint that you kept shows that
    the ledger before it has not been written anew since.

    Exit code 0: the entries that are signed for are as they were. 1: entries were changed, removed or put in. 2: wrong
    options. 3: the file, the key or a checkpoint cannot be read, or they are of different ledgers. 4: a checkpoint is
    not signed with the key. 5: nothing was found and nothing was proved, for no entry is signed for.

    [bold]curl -H "Authorization: Bearer $TOKEN" $URL/ledger/v1/export > ledger.jsonl[/bold]

    [bold]jieban verify ledger.jsonl --key jieban/522723+5ccdc71e+AbX… --checkpoint kept-in-march.txt[/bold]
    """
    console, began = Console(), time.monotonic()
    with named(f"{file}"):
        with file.open("rb") as lines:
            header = decode_header(lines.readline())
            start = lines.tell()
        signed = signed_of(header, file, key or [], checkpoint or [])
        verifier = Verifier(signed, entries=header.entries)
        flaws = list(_flaws(verifier, file, start))
    seconds = time.monotonic() - began
    console.print(
        f"{verifier.entries:,} entries of {escape(header.tenant)}; signed checkpoints: {len(signed)}; {seconds:.1f} s "
        f"({verifier.entries / seconds:,.0f} entries/s)"
    )
    if not key and signed:
        console.print(f"The key was in the file: {escape(header.verifier_key)}", soft_wrap=True)
        if not checkpoint:
            console.print("Without --key this shows that the file fits together, not whose it is.", soft_wrap=True)
    for flaw in flaws[:_SHOWN]:
        console.print(f"[red]✗[/red] {flaw.kind}: {flaw.what}")
    if len(flaws) > _SHOWN:
        console.print(f"… and {len(flaws) - _SHOWN:,} more")
    if flaws:
        raise typer.Exit(_FLAWED)
    _say_what_is_shown(console, verifier)


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


def _say_what_is_shown(console: Console, verifier: Verifier) -> None:
    """Of entries without a flaw, say which are shown to be genuine; where none are, end with a code that says so."""
    entries, signed = verifier.entries, verifier.signed
    if verifier.erased:
        console.print(f"{verifier.erased:,} of them were erased, each by an entry that says so.", soft_wrap=True)
    if verifier.erased_unsigned and signed:
        loose = f"{verifier.erased_unsigned:,} of these were erased by an entry that is not signed for."
        console.print(f"[yellow]![/yellow] {loose}", soft_wrap=True)
    if not signed:
        console.print(
            f"[yellow]?[/yellow] Nothing was proved: 0 of {entries:,} entries are signed for. They are linked to one "
            "another, which whoever makes them up can do as well. Export again when the ledger has signed a "
            "checkpoint, or name one that you kept (--checkpoint).",
            soft_wrap=True,
        )
        raise typer.Exit(_UNPROVED)
    console.print(
        f"[green]✓[/green] {signed:,} of {entries:,} entries are signed for: "
        "none of these was changed, removed or put in.",
        soft_wrap=True,
    )
    if rest := entries - signed:
        console.print(
            f"[yellow]![/yellow] The last {rest:,} are not signed for: they are linked to those before them, which "
            "whoever makes entries up can do as well.",
            soft_wrap=True,
        )

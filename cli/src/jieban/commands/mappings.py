"""`jieban mappings`: the mappings that come with `jieban import`."""

from typing import Annotated

import typer

from jieban.errors import UserError
from operations.importing.document import load, shipped

HELP = """
List the mappings that come with `jieban import`, or print one as a beginning for your own.

  jieban mappings
  jieban mappings open311 > mine.yaml
"""


def mappings(name: Annotated[str | None, typer.Argument(help="Print this one.")] = None) -> None:
    """List the mappings, or print one; see HELP."""
    if name is None:
        for each in shipped():
            typer.echo(f"{each:16}{load(each).about}")
    elif name in shipped():
        typer.echo(shipped()[name], nl=False)
    else:
        raise UserError(f"There is no mapping {name}; there are {', '.join(shipped())}.")

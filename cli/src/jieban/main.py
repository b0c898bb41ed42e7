"""The command `jieban`: one module of `jieban.commands` for each command or group of commands."""

import errno
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from jieban.errors import UserError
from operations.importing.errors import ImportRefused

COMMANDS: Mapping[str, str] = {
    "up": "up:up",
    "serve": "serve:serve",
    "stack": "stack:stack",
    "migrate": "migrate:migrate",
    "topics": "topics:topics",
    "token": "token:token",
    "demo": "demo:demo",
    "import": "import_:import_",
    "mappings": "mappings:mappings",
    "doctor": "doctor:doctor",
    "parked": "parked:parked",
    "simulate": "simulate:simulate",
    "replay": "replay:replay",
    "verify": "verify:verify",
    "statistics": "statistics:statistics",
    "attachments": "attachments:attachments",
    "train-categories": "train_categories:train_categories",
    "docs": "docs:docs",
}
"""Each command and its function, or for a group its `typer.Typer`, in `jieban.commands`."""


class LazyCommands(TyperGroup):
    """Imports a command when it is called for: a token should not wait for the import of three services."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 -- the signature is typer's
        """Return the names of all commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of that name, or None."""
        if cmd_name in COMMANDS and cmd_name not in self.commands:
            self.commands[cmd_name] = _load(cmd_name)
        return super().get_command(ctx, cmd_name)


def _load(name: str) -> Any:
    place, _, attribute = COMMANDS[name].partition(":")
    module = import_module(f"jieban.commands.{place}")
    found = getattr(module, attribute)
    if isinstance(found, typer.Typer):
        command: Any = get_group(found)
    else:
        single = typer.Typer(add_completion=False, rich_markup_mode="rich")
        single.command(name, help=getattr(module, "HELP", None))(found)  # without one, the docstring
        command = get_command(single)
    command.name = name
    return command


cli = typer.Typer(
    name="jieban",
    cls=LazyCommands,
    help="Jieban 接办: three services that take a complaint from received to assigned to closed.",
    epilog="Start with: jieban up",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@cli.callback()
def _all() -> None:
    """Make `cli` a group although its commands are registered elsewhere."""


def app() -> None:
    """Run the command line; what a person can mend is told in one sentence, without a traceback."""
    try:
        cli()
    except UserError as error:
        print(f"jieban: {error}", file=sys.stderr)  # noqa: T201 - what sys.exit does with a text, and 1
        sys.exit(error.code)
    except ImportRefused as error:
        sys.exit(f"jieban: {error}")
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            sys.exit(f"jieban: The disk is full: no more could be written ({error.filename or 'no file named'}).")
        raise

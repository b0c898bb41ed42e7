"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

DataDirOption = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        envvar="JIEBAN_DATA_DIR",
        help="Where the embedded PostgreSQL and Kafka keep their files. [default: .jieban]",
        show_default=False,
        file_okay=False,
    ),
]
HostOption = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all of this machine's.")]
PortOption = Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")]

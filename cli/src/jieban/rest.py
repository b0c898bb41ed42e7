"""Calls of the command line to a running Jieban."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from contracts.roles import Role
from jieban.errors import UserError
from jieban.services import ServiceName
from jieban.settings import read_settings, signing_secret
from runtime.auth import issue_token

UrlOption = Annotated[str, typer.Option(envvar="JIEBAN_URL", help="Where Jieban is.")]
TokenOption = Annotated[
    str | None,
    typer.Option(
        envvar="JIEBAN_TOKEN", help="A token; made from the local key where it is not given.", show_default=False
    ),
]
AtOption = Annotated[
    list[str] | None,
    typer.Option("--at", metavar="SERVICE=URL", help="Where one service is, without a gateway. Repeatable."),
]
DEFAULT_URL = "http://127.0.0.1:8000"


def service_url(name: str, url: str, at: Sequence[str] | None) -> str:
    """Return where a service is: as `--at` says, else behind the common address. `UserError` for a wrong `--at`."""
    addresses = {}
    for pair in at or ():
        service, separator, address = pair.partition("=")
        if not separator or service not in set(ServiceName):
            raise UserError(f"--at takes SERVICE=URL with one of {', '.join(ServiceName)}, not '{pair}'.")
        addresses[service] = address
    return addresses.get(name, url)


def bearer(token: str | None, role: Role, data_dir: Path | None) -> Mapping[str, str]:
    """Return the header that names the caller: the given token, or one of `role` signed with the local key."""
    if token is None:
        settings = read_settings(data_dir=data_dir)
        token = issue_token(signing_secret(settings), f"{role}-demo", settings.tenant, [role], timedelta(hours=12))
    return {"Authorization": f"Bearer {token}"}


def call(client: httpx.Client, method: str, path: str, **arguments: Any) -> httpx.Response:
    """Return a successful answer; `UserError` with the problem's own words for any other."""
    try:
        response = client.request(method, path, **arguments)
    except httpx.TransportError as error:
        raise UserError(
            f"Jieban does not answer at {client.base_url} ({type(error).__name__}): is it running?"
        ) from error
    if response.is_success:
        return response
    try:
        reason = response.json()["detail"]
    except (ValueError, KeyError):
        reason = response.reason_phrase
    raise UserError(f"{method} {path} was refused ({response.status_code}): {reason}")

"""Exports of complaints in the background, as a test has them asked for and made."""

from datetime import timedelta
from typing import Any

import httpx

from intake_service.api.filter_fields import read_filters
from intake_service.service.export_making import ComplaintFiles
from operations.exporting.making import ExportMaker
from runtime.lifecycle import Service

Headers = dict[str, str]


def maker_of(service: Service, keep: timedelta = timedelta(hours=1)) -> ExportMaker:
    """Return what makes the exports of a service that runs without its workers."""
    state = service.app.state
    contents = ComplaintFiles(state.engine, state.references, state.new_look, read_filters)
    return ExportMaker("intake", state.engine, state.export_files, contents, keep)


async def asked(client: httpx.AsyncClient, headers: Headers, **body: Any) -> str:
    """Ask for an export and return its path."""
    answer = await client.post("/exports", headers=headers, json={"format": "csv", **body})
    assert answer.status_code == 202, answer.text
    path = answer.headers["Location"].removeprefix("/intake/v1")
    assert path == f"/exports/{answer.json()['id']}"
    return str(path)


async def shown(client: httpx.AsyncClient, headers: Headers, path: str) -> dict[str, Any]:
    """Return how an export stands."""
    answer = await client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found

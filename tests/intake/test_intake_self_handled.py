"""Reports of what was found and fixed on the spot."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake.conftest import As
from intake.reports import report
from outboxes import published
from runtime.clock import now

LATER = (now() + timedelta(hours=1)).isoformat()
HANDLED = {"handling_mode": "guidance", "result": "已劝离"}


async def sent(engine: AsyncEngine, complaint: str) -> dict[str, Any]:
    [received] = await published(engine, complaint)
    return dict(received["data"])


@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.OFFICER])
async def test_what_was_done_goes_with_the_report(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, role: Role
) -> None:
    body = report(source="grid_patrol", self_handled={**HANDLED, "handled_at": "2026-11-20T08:00:00+08:00"})
    answer = await client.post("/complaints", json=body, headers=as_(role))
    assert answer.status_code == 201, answer.text
    assert (await sent(engine, answer.json()["id"]))["self_handled"] == {
        **HANDLED,
        "actor": f"{role}-1",
        "handled_at": "2026-11-20T00:00:00Z",
    }


async def test_it_was_done_just_now_unless_said_otherwise(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    body = report(source="home_visit", self_handled=HANDLED)
    receipt = (await client.post("/complaints", json=body, headers=as_(Role.OFFICER))).json()
    assert (await sent(engine, receipt["id"]))["self_handled"]["handled_at"] == receipt["received_at"]
    ordinary = (await client.post("/complaints", json=report(), headers=as_(Role.CITIZEN))).json()
    assert "self_handled" not in await sent(engine, ordinary["id"])


@pytest.mark.parametrize(
    ("role", "changes", "pointer", "code"),
    [
        (Role.OPERATOR, {}, "/self_handled", "self-handling-not-yours"),
        (Role.OFFICER, {"handled_at": LATER}, "/self_handled/handled_at", "in-the-future"),
        (Role.OFFICER, {"result": ""}, "/self_handled/result", "string_too_short"),
        (Role.OFFICER, {"result": " \u200b"}, "/self_handled/result", "blank-text"),
        (Role.OFFICER, {"handling_mode": "magic"}, "/self_handled/handling_mode", "literal_error"),
        (Role.OFFICER, {"actor": "somebody-else"}, "/self_handled/actor", "extra_forbidden"),
    ],
)  # fmt: skip
async def test_each_flaw_has_its_code(
    client: httpx.AsyncClient, as_: As, role: Role, changes: dict[str, Any], pointer: str, code: str
) -> None:
    body = report(source="grid_patrol", self_handled={**HANDLED, **changes})
    answer = await client.post("/complaints", json=body, headers=as_(role))
    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]

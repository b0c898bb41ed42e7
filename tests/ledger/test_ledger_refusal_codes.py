"""Refusals of the ledger that need something unusual to happen first."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from histories import History
from ledger.conftest import As, Enter
from ledger_service.service import live
from ledger_service.service.proving import seal_and_sign, sign_all
from refusals import code_of
from runtime.ids import uuid7

TENANT = "t-refusal-codes"


async def test_a_node_takes_so_many_listeners(
    client: httpx.AsyncClient, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MOST_LISTENERS", 0)
    answer = await client.get("/stream", headers=as_(Role.DISPATCHER, tenant=TENANT))
    assert code_of(answer) == (503, "stream-full")
    assert answer.headers["Retry-After"] == "5"


async def test_without_a_secret_there_is_no_key(app: Any, client: httpx.AsyncClient, as_: As) -> None:
    signer_of, app.state.signer_of = app.state.signer_of, None
    try:
        answer = await client.get("/checkpoints/key", headers=as_(Role.ANALYST, tenant=TENANT))
    finally:
        app.state.signer_of = signer_of
    assert code_of(answer) == (404, "checkpoints-unsigned")


@pytest.mark.parametrize(("first", "second", "pointer"), [(2, 1, "query/first"), (1, 1_000, "query/second")])
async def test_trees_that_there_are_not_are_not_compared(
    client: httpx.AsyncClient, as_: As, first: int, second: int, pointer: str
) -> None:
    path = f"/checkpoints/consistency?first={first}&second={second}"
    answer = await client.get(path, headers=as_(Role.ANALYST, tenant=TENANT))
    assert code_of(answer) == (422, "no-such-tree")
    assert pointer in answer.text


async def test_where_seals_were_removed_there_is_no_proof(
    app: Any, client: httpx.AsyncClient, as_: As, enter: Enter, engine: AsyncEngine
) -> None:
    histories = [History(tenant=TENANT) for _ in range(5)]
    for history in histories:
        history.received()
    await enter(*histories)
    await seal_and_sign(engine, None)
    await sign_all(engine, app.state.signer_of, every=timedelta())
    path, headers = "/checkpoints/consistency?first=3&second=5", as_(Role.ANALYST, tenant=TENANT)
    assert (await client.get(path, headers=headers)).status_code == 200
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        await connection.execute(text("DELETE FROM seal WHERE tenant = :tenant AND number = 2"), {"tenant": TENANT})
    assert code_of(await client.get(path, headers=headers)) == (409, "seals-missing")


async def test_who_refuses_an_ending_says_why(client: httpx.AsyncClient, as_: As) -> None:
    path = f"/complaints/{uuid7()}/endings/{uuid7()}/decision"
    answer = await client.post(path, headers=as_(Role.SUPERVISOR, tenant=TENANT), json={"approved": False})
    assert answer.status_code == 422
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        ("/reason", "decision-reason-missing")
    ]


async def test_a_ledger_of_activities_that_there_are_not_is_refused(client: httpx.AsyncClient, as_: As) -> None:
    body = {
        "title": {"zh": "游行", "en": "Parades"},
        "subject": "activities",
        "columns": ["kind", "quantity"],
        "filters": {"kind": ["leaflets", "parades"]},
    }
    answer = await client.put("/ledgers/parades", headers=as_(Role.ADMIN, tenant=TENANT), json=body)
    assert answer.status_code == 422
    assert ("/filters/kind/1", "ledger-kind-unknown") in [
        (each["pointer"], each["code"]) for each in answer.json()["errors"]
    ]

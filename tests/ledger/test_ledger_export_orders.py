"""What may be asked of exports that are made in the background, and what is refused."""

from typing import Any

import httpx
import pytest

from contracts.roles import Role
from ledger.books import EXPORT, asked
from ledger.conftest import As, Headers
from refusals import code_of, errors_of


@pytest.fixture
def analyst(as_: As) -> Headers:
    return as_(Role.ANALYST, tenant="t-orders")


async def test_nobody_asks_without_end(client: httpx.AsyncClient, as_: As) -> None:
    greedy = as_(Role.ANALYST, "greedy", tenant="t-greedy")
    for _ in range(5):
        await asked(client, greedy)
    answer = await client.post("/exports", headers=greedy, json=EXPORT)
    assert code_of(answer) == (429, "too-many-exports")
    assert answer.headers["Retry-After"]


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"format": "pdf"}, "/format", "literal_error"),
        ({"ledger": "No Name"}, "/ledger", "string_pattern_mismatch"),
        ({"from": 1}, "/from", "day-invalid"),
        ({"filters": {"status": ["lost"]}}, "/filters/status/0", "ledger-status-unknown"),
        ({"filters": {"kind": ["leaflets"]}}, "/filters/kind", "ledger-filter-of-other-subject"),
        ({"columns": ["owner"]}, "/columns", "extra_forbidden"),
    ],
)
async def test_bad_orders_are_refused(
    client: httpx.AsyncClient, analyst: Headers, changes: dict[str, Any], pointer: str, code: str
) -> None:
    assert errors_of(await client.post("/exports", headers=analyst, json=EXPORT | changes)) == [(pointer, code)]


async def test_a_reversed_period_is_a_problem_of_its_own_kind(client: httpx.AsyncClient, analyst: Headers) -> None:
    answer = await client.post("/exports", headers=analyst, json=EXPORT | {"from": "2026-03-02", "to": "2026-03-01"})
    assert code_of(answer) == (422, "period-reversed")
    assert errors_of(answer) == [("/to", "period-reversed")]


async def test_an_unknown_ledger_is_not_exported(client: httpx.AsyncClient, analyst: Headers) -> None:
    answer = await client.post("/exports", headers=analyst, json=EXPORT | {"ledger": "nowhere"})
    assert code_of(answer) == (404, "ledger-not-found")

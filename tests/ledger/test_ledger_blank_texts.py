"""Reasons and notes in which there is nothing to be seen say nothing, wherever the ledger asks for them."""

from typing import Any

import httpx
import pytest

from contracts.roles import Role
from histories import OWNER
from ledger.conftest import As
from ledger.test_ledger_refusals import UNKNOWN
from refusals import errors_of

COMPLAINT = f"/complaints/{UNKNOWN}"
ACTIVITY = f"/activities/{UNKNOWN}"
WORD = {"satisfaction": "dissatisfied", "solved": False}
DONE = {"kind": "leaflets", "quantity": 30, "happened_at": "2024-03-05T23:30:00+08:00"}


@pytest.mark.parametrize(
    ("path", "role", "body", "field"),
    [
        (f"{COMPLAINT}/voiding", Role.SUPERVISOR, {}, "reason"),
        (f"{COMPLAINT}/forced-closing", Role.SUPERVISOR, {}, "reason"),
        (f"{COMPLAINT}/endings/{UNKNOWN}/decision", Role.SUPERVISOR, {"approved": False}, "reason"),
        (f"{COMPLAINT}/appeals", Role.DISPATCHER, {}, "reason"),
        (f"{COMPLAINT}/appeals/{UNKNOWN}/decision", Role.SUPERVISOR, {"upheld": True}, "reason"),
        (f"{COMPLAINT}/exclusion", Role.SUPERVISOR, {"indicators": "all"}, "reason"),
        (f"{COMPLAINT}/reopening", Role.SUPERVISOR, {}, "reason"),
        (f"{COMPLAINT}/verification", Role.INSPECTOR, {"method": "call", "passed": False}, "note"),
        (f"{COMPLAINT}/feedback", Role.CITIZEN, WORD, "comment"),
        (f"{COMPLAINT}/follow-ups", Role.SUPERVISOR, {}, "note"),
        (f"{COMPLAINT}/follow-ups/{UNKNOWN}/attempts", Role.OPERATOR, {"outcome": "reached"} | WORD, "note"),
        (f"{COMPLAINT}/follow-ups/{UNKNOWN}/decision", Role.SUPERVISOR, {"decision": "leave"}, "reason"),
        ("/activities", Role.OFFICER, DONE, "note"),
        (f"{ACTIVITY}/correction", Role.OFFICER, DONE, "reason"),
        (f"{ACTIVITY}/voiding", Role.SUPERVISOR, {}, "reason"),
    ],
)
@pytest.mark.parametrize("blank", ["  \u3000 ", "\n\u200b"])
async def test_a_blank_text_is_refused(
    client: httpx.AsyncClient, as_: As, path: str, role: Role, body: dict[str, Any], field: str, blank: str
) -> None:
    answer = await client.post(path, headers=as_(role, OWNER), json=body | {field: blank})
    assert errors_of(answer) == [(f"/{field}", "blank-text")]


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        *[({name: " \n"}, f"/{name}", "control_character") for name in ("community", "grid", "team")],
        *[({name: "\u3000"}, f"/{name}", "blank-text") for name in ("community", "grid", "team")],
        ({"evidence": ["photo 17", " "]}, "/evidence/1", "blank-text"),
        ({"evidence": ["photo\n17"]}, "/evidence/0", "control_character"),
    ],
)
async def test_codes_and_evidence_of_an_activity_are_a_line_each(
    client: httpx.AsyncClient, as_: As, change: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await client.post("/activities", headers=as_(Role.OFFICER), json=DONE | change)
    assert errors_of(answer) == [(pointer, code)]

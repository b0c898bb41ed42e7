"""What was done in time and sent later counts alike in all three services."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from contracts.roles import Role
from histories import TENANT
from intake.reports import HOTLINE
from ledger.three_services import SECRET, Trio, three_services
from ledger_service.domain.complaint import Complaint
from ledger_service.persistence.complaints import lock
from runtime.auth import issue_token
from stack import MakeDatabase

_PROMISE = sa.text("""
    WITH promised AS (UPDATE dispatch_case SET promised_at = :at, warn_at = :at RETURNING complaint_id)
    UPDATE outbox SET payload = CAST(payload AS jsonb) || jsonb_build_object(
        'promised_at', CAST(:at AS timestamptz), 'warn_at', CAST(:at AS timestamptz))
    FROM promised WHERE aggregateid = CAST(complaint_id AS text)
""")
_BODIES: dict[str, dict[str, Any]] = {"resolve": {"handling_mode": "guidance", "result": "已劝离"}}


async def test_a_case_that_was_resolved_offline_in_time_is_in_time_everywhere(databases: MakeDatabase) -> None:
    async with three_services(databases) as trio:
        receipt = (await trio.post("/intake/v1/complaints", HOTLINE, Role.OPERATOR)).json()
        promised_at = datetime.fromisoformat(receipt["received_at"]) - timedelta(minutes=1)
        await trio.relay("intake")
        await trio.hear("dispatch")
        async with trio.parts["dispatch"].engine.begin() as connection:
            await connection.execute(_PROMISE, {"at": promised_at})
        done = {
            action: promised_at - timedelta(seconds=ago)
            for action, ago in (("accept", 120), ("start", 90), ("resolve", 60))
        }

        case = await _sync(trio, receipt["id"], done)
        await trio.settle()

        assert case["light"] == "green"
        complaint = await _entered(trio, receipt["id"])
        assert (complaint.accepted_at, complaint.started_at, complaint.resolved_at) == tuple(done.values())
        assert await _overdue(trio, promised_at) == {"value": 0.0, "numerator": 0.0, "sample": 1}
        seen = await _seen(trio, receipt)
        assert seen["light"]["code"] == "green"
        told = {step["kind"]: datetime.fromisoformat(step["at"]) for step in seen["timeline"]}
        assert [told[kind] for kind in ("accepted", "started", "resolved")] == list(done.values())
        assert datetime.fromisoformat(seen["outcome"]["at"]) == done["resolve"]


async def _sync(trio: Trio, complaint: str, done: dict[str, datetime]) -> dict[str, Any]:
    """Send what was done, and return how dispatch has the case then."""
    items = [
        {
            "id": str(uuid4()),
            "complaint_id": complaint,
            "action": action,
            "at": at.isoformat(),
            "body": _BODIES.get(action, {}),
        }
        for action, at in done.items()
    ]
    answer = await trio.post("/dispatch/v1/sync", {"items": items}, Role.OFFICER, "officer-demo")
    results = answer.json()["items"]
    assert [each["outcome"] for each in results] == ["done"] * len(items), results
    case: dict[str, Any] = results[-1]["case"]
    return case


async def _entered(trio: Trio, complaint: str) -> Complaint:
    async with trio.parts["ledger"].engine.begin() as connection:
        found = await lock(connection, TENANT, UUID(complaint))
    assert found is not None
    return found


async def _overdue(trio: Trio, day: datetime) -> dict[str, Any]:
    """Return which share of what was due about that day was not handled in time."""
    days = {"from": str((day - timedelta(days=1)).date()), "to": str((day + timedelta(days=1)).date())}
    token = issue_token(SECRET, "analyst-1", TENANT, [Role.ANALYST], timedelta(hours=1))
    answer = await trio.parts["ledger"].client.get(
        "/ledger/v1/statistics/indicators",
        params={**days, "indicator": "overdue_rate"},
        headers={"Authorization": f"Bearer {token}"},
    )
    [row] = answer.json()["rows"]
    figure: dict[str, Any] = row["figures"]["overdue_rate"]
    return figure


async def _seen(trio: Trio, receipt: dict[str, Any]) -> dict[str, Any]:
    """Return what the reporter sees."""
    path, code = f"/intake/v1/track/{receipt['number']}", {"query_code": receipt["query_code"]}
    seen: dict[str, Any] = (await trio.parts["intake"].client.get(path, params=code)).json()
    return seen

"""What a device does offline, as the tests send it."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.envelope import Event
from dispatch.world import World

BODIES: dict[str, dict[str, Any]] = {
    "resolve": {"handling_mode": "guidance", "result": "已劝离"},
    "note": {"text": "现场已拍照"},
    "suspension": {"reason": "等配件"},
}


def item(about: Event, action: str, *, minutes_ago: float = 10, **given: Any) -> dict[str, Any]:
    """Return an item as a device sends it."""
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return {
        "id": str(uuid.uuid4()),
        "complaint_id": str(about.subject),
        "action": action,
        "at": at.isoformat(),
        "body": BODIES.get(action, {}),
        **given,
    }


async def send(world: World, items: Sequence[dict[str, Any]], **options: Any) -> Any:
    """Send a batch; return the response."""
    options.setdefault("role", "officer")
    return await world.send("POST", "/dispatch/v1/sync", json={"items": list(items)}, **options)


async def sync(world: World, *items: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    """Send a batch; return what became of each item."""
    response = await send(world, items, **options)
    assert response.status_code == 200, response.text
    results: list[dict[str, Any]] = response.json()["items"]
    assert [each["id"] for each in results] == [each.get("id") for each in items]
    return results


def outcomes(results: Sequence[dict[str, Any]]) -> list[str]:
    """Return the outcomes, those of repeats with an asterisk."""
    return [each["outcome"] + ("*" if each["repeated"] else "") for each in results]


def codes(results: Sequence[dict[str, Any]]) -> list[str | None]:
    """Return the codes of the problems."""
    return [each["problem"] and each["problem"]["type"].rpartition(":")[2] for each in results]

"""The ledger shows whoever verifies which photos are not there, and lets nobody else see that."""

from typing import Any
from uuid import uuid4

import httpx

from contracts.roles import Role
from histories import OWNER, History
from ledger.conftest import As, Enter


async def story(client: httpx.AsyncClient, as_: As, history: History, role: Role = Role.INSPECTOR, *who: str) -> Any:
    answer = await client.get(f"/complaints/{history.id}", headers=as_(role, *who))
    assert answer.status_code == 200, answer.text
    return answer.json()


def types(told: Any) -> list[str]:
    return [line["type"].removeprefix("complaint.") for line in told["timeline"]]


async def test_who_verifies_sees_which_photos_are_not_there(client: httpx.AsyncClient, enter: Enter, as_: As) -> None:
    history, photo = History().until_resolved(), uuid4()
    missing = history.photos_checked(photo)
    await enter(history)
    shown = await story(client, as_, history)
    assert (shown["unknown_photos"], shown["status"]) == ([str(photo)], "resolved")
    assert types(shown)[-1] == "photos_checked"
    assert shown["timeline"][-1]["data"] == {"unknown": [str(photo)]}
    listed = await client.get("/complaints?status=resolved&limit=200", headers=as_(Role.INSPECTOR))
    [line] = [each for each in listed.json()["items"] if each["id"] == str(history.id)]
    assert line["unknown_photos"] == [str(photo)]

    reporters = await story(client, as_, history, Role.CITIZEN, OWNER)
    assert (reporters["unknown_photos"], types(reporters)[-1]) == (None, "resolved")

    history.photos_checked()
    await enter(history)
    await enter(history)
    assert missing.sequence == 2
    assert (await story(client, as_, history))["unknown_photos"] == []


async def test_a_reinspection_is_an_entry(client: httpx.AsyncClient, enter: Enter, as_: As) -> None:
    history, photo = History(), uuid4()
    for step in (history.received, history.assigned, history.accepted, history.started, history.rectification_ordered):
        step()
    history.reinspected(photo)
    history.resolved()
    await enter(history)
    entry = (await story(client, as_, history))["timeline"][-2]
    assert (entry["type"], entry["label"]["zh"], entry["to"]) == ("complaint.reinspected", "复查", "in_progress")
    assert (entry["data"]["passed"], entry["data"]["photos"]) == (True, [str(photo)])
    reporters = await story(client, as_, history, Role.CITIZEN, OWNER)
    assert reporters["timeline"][-2]["data"] == {"passed": True}


async def test_an_erasure_takes_the_mark(client: httpx.AsyncClient, enter: Enter, as_: As) -> None:
    history = History().until_resolved()
    history.photos_checked(uuid4())
    history.erased()
    await enter(history)
    assert (await story(client, as_, history))["unknown_photos"] == []

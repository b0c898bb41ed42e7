"""Every refusal of something sent says in `errors` where it was."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dispatch.directory import API
from dispatch.offline import item, sync
from dispatch.world import FAR_AWAY, World

NOW = datetime.now(UTC)
BACKWARDS = f"from={NOW:%Y-%m-%dT%H:%M:%SZ}&to={NOW - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
LONG = f"from={NOW - timedelta(days=9):%Y-%m-%dT%H:%M:%SZ}&to={NOW:%Y-%m-%dT%H:%M:%SZ}"
FAR = {"lon": FAR_AWAY[0], "lat": FAR_AWAY[1]}
HERE = {"lon": 107.2357, "lat": 26.5807}


def refusal(response: Any) -> tuple[str, str]:
    """Return the code of a 422 and where it was found; the finding has the same code."""
    assert response.status_code == 422, response.text
    [finding] = response.json()["errors"]
    code = response.json()["type"].rpartition(":")[2]
    assert (finding["code"], "{" in finding["message"]) == (code, False)
    return code, finding["pointer"]


@pytest.mark.parametrize(
    ("path", "code", "pointer"),
    [
        ("coverage?{backwards}", "period-reversed", "query/to"),
        ("coverage?from=2098-01-01T00:00:00Z", "period-reversed", "query/from"),
        ("rosters?{backwards}", "period-reversed", "query/to"),
        ("patrols?{backwards}", "period-reversed", "query/to"),
        ("patrols/summary?from=2026-03-02&to=2026-03-01", "period-reversed", "query/to"),
        ("patrols/summary?from=2026-03-02&to=2027-03-03", "period-too-long", "query/to"),
        ("positions/officer-1/track?{backwards}", "period-reversed", "query/to"),
        ("positions/officer-1/track?{long}", "period-too-long", "query/to"),
        ("planning/cases?{backwards}", "period-reversed", "query/to"),
    ],
)
async def test_a_period_that_is_none_is_found_where_it_was_given(
    world: World, path: str, code: str, pointer: str
) -> None:
    response = await world.send("GET", f"{API}/{path.format(backwards=BACKWARDS, long=LONG)}", role="supervisor")

    assert refusal(response) == (code, pointer)


async def test_a_dry_run_names_its_end(world: World) -> None:
    body = {"from": NOW.isoformat(), "to": (NOW - timedelta(days=1)).isoformat(), "rules": []}

    refused = await world.send("POST", f"{API}/rules/dry-run", role="supervisor", json=body)

    assert refusal(refused) == ("period-reversed", "/to")


async def test_the_position_that_is_far_away_is_named(world: World) -> None:
    fixes = [{"at": datetime.now(UTC).isoformat(), "position": position} for position in (HERE, FAR)]
    sent = await world.send("POST", f"{API}/positions", role="officer", json={"positions": fixes})

    assert refusal(sent) == ("position-far-away", "/positions/1/position")


@pytest.mark.parametrize(
    ("media", "content", "code", "pointer"),
    [
        ("text/csv", b"", "file-empty", "row/1"),
        ("text/csv", b"PK\x03\x04", "file-kind-wrong", ""),
        ("text/csv", b"code,name\n\xff\xff", "file-encoding", ""),
        ("text/csv", b'code,name,sub_district\na,"b', "csv-invalid", "row/2"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK\x03\x04", "workbook-unreadable", ""),
        ("text/csv", b"code,name,sub_district\n" + b"a,b,c\n" * 10_001, "too-many-lines", ""),
    ],
)
async def test_what_is_wrong_with_a_file_as_a_whole_is_said_of_it(
    world: World, media: str, content: bytes, code: str, pointer: str
) -> None:
    headers = {"Content-Type": media}
    taken = await world.send("PUT", f"{API}/communities/import", role="admin", content=content, headers=headers)

    assert refusal(taken) == (code, pointer)


async def test_an_id_that_was_used_is_named(world: World) -> None:
    event = await world.a_case()
    note = item(event, "note")
    await sync(world, note)

    [result] = await sync(world, {**note, "body": {"text": "另一条"}})

    assert [(error["pointer"], error["code"]) for error in result["problem"]["errors"]] == [("/id", "action-id-reused")]

"""Filters that people save: whose they are, who else may use them, and that they are what the list takes."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake.conftest import As
from intake.searches import found, read, taken
from refusals import code_of, errors_of


def body(name: str, filters: dict[str, Any] | None = None, roles: list[str] | None = None) -> dict[str, Any]:
    return {
        "name": name,
        "filters": {"status": ["open"], "q": "停车"} if filters is None else filters,
        "roles": roles or [],
    }


async def test_a_saved_filter_is_what_the_list_takes(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> None:
    headers = as_(Role.OPERATOR)
    here, elsewhere = await taken(client, as_, "停车占道"), await taken(client, as_, "停车很乱", external_ref="X-1")
    await taken(client, as_, "油烟")
    await read(engine)
    once = headers | {"Idempotency-Key": "filter-1"}
    answer = await client.post("/filters", json=body("停车"), headers=once)
    assert answer.status_code == 201, answer.text
    saved = answer.json()
    assert answer.headers["Location"] == f"/intake/v1/filters/{saved['id']}"
    assert saved["filters"] == {"q": "停车", "status": ["open"]}
    assert (await client.post("/filters", json=body("停车"), headers=once)).json() == saved
    assert await found(client, headers, filter=saved["id"]) == [elsewhere, here]
    assert await found(client, headers, filter=saved["id"], external_ref="X-1") == [elsewhere]
    assert await found(client, headers, filter=saved["id"], q="占道") == [here]
    file = await client.get("/complaints.ndjson", params={"filter": saved["id"]}, headers=headers)
    assert len(file.text.splitlines()) == 2


async def test_a_filter_is_changed_by_its_owner_who_saw_it(client: httpx.AsyncClient, as_: As) -> None:
    headers = as_(Role.OPERATOR, "owner")
    saved = (await client.post("/filters", json=body("mine"), headers=headers)).json()
    path = f"/filters/{saved['id']}"
    assert (await client.get(path, headers=headers)).headers["ETag"] == '"1"'
    changed = await client.put(path, json=body("ours", {"unit": ["一队"]}), headers=headers | {"If-Match": '"1"'})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["name"], changed.json()["filters"], changed.headers["ETag"]) == (
        "ours",
        {"unit": ["一队"]},
        '"2"',
    )
    assert code_of(await client.put(path, json=body("late"), headers=headers | {"If-Match": '"1"'}))[0] == 412
    assert code_of(await client.delete(path, headers=headers | {"If-Match": '"1"'}))[0] == 412
    assert (await client.delete(path, headers=headers | {"If-Match": '"2"'})).status_code == 204
    assert code_of(await client.get(path, headers=headers)) == (404, "saved-filter-not-found")


async def test_a_filter_is_shared_with_roles(client: httpx.AsyncClient, as_: As) -> None:
    owner, other = as_(Role.SUPERVISOR, "chief"), as_(Role.DISPATCHER, "dispatcher-7")
    saved = (await client.post("/filters", json=body("shared", roles=["dispatcher"]), headers=owner)).json()
    path = f"/filters/{saved['id']}"
    [listed] = (await client.get("/filters", headers=other)).json()["items"]
    assert (listed["id"], listed["mine"], listed["owner"]) == (saved["id"], False, "chief")
    assert (await client.get("/complaints", params={"filter": saved["id"]}, headers=other)).status_code == 200
    assert code_of(await client.put(path, json=body("x"), headers=other)) == (403, "saved-filter-not-yours")
    assert code_of(await client.delete(path, headers=other)) == (403, "saved-filter-not-yours")
    for stranger in (as_(Role.OPERATOR), as_(Role.DISPATCHER, tenant="110000")):
        assert code_of(await client.get(path, headers=stranger)) == (404, "saved-filter-not-found")
        answer = await client.get("/complaints", params={"filter": saved["id"]}, headers=stranger)
        assert code_of(answer) == (404, "saved-filter-not-found")
    assert code_of(await client.get("/filters", headers=as_(Role.CITIZEN)))[0] == 403


async def test_filters_are_listed_by_name_in_pages(client: httpx.AsyncClient, as_: As) -> None:
    headers = as_(Role.ANALYST, "lister")
    for name in "dbcae":
        await client.post("/filters", json=body(name), headers=headers)
    url: str | None = "/intake/v1/filters?limit=2"
    seen: list[str] = []
    while url:
        page = await client.get(f"http://intake.test{url}", headers=headers)
        seen += [each["name"] for each in page.json()["items"] if each["mine"]]
        url = page.links.get("next", {}).get("url")
    assert seen == list("abcde")


async def test_names_are_unique_and_filters_limited(
    client: httpx.AsyncClient, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = as_(Role.INSPECTOR, "collector")
    first = (await client.post("/filters", json=body("one"), headers=headers)).json()
    second = (await client.post("/filters", json=body("two"), headers=headers)).json()
    assert code_of(await client.post("/filters", json=body("one"), headers=headers)) == (409, "saved-filter-name-taken")
    renamed = await client.put(f"/filters/{second['id']}", json=body("one"), headers=headers)
    assert code_of(renamed) == (409, "saved-filter-name-taken")
    assert (await client.put(f"/filters/{first['id']}", json=body("one"), headers=headers)).status_code == 200
    monkeypatch.setattr("intake_service.api.saved_filters.MOST", 2)
    assert code_of(await client.post("/filters", json=body("three"), headers=headers)) == (
        409,
        "too-many-saved-filters",
    )


async def test_of_two_that_get_one_name_at_once_one_is_refused(client: httpx.AsyncClient, as_: As) -> None:
    headers = as_(Role.OPERATOR, "namer")
    for turn in range(8):
        saved = [
            (await client.post("/filters", json=body(f"{name} {turn}"), headers=headers)).json()["id"] for name in "ab"
        ]
        wanted = body(f"wanted {turn}")
        renamed = [client.put(f"/filters/{each}", json=wanted, headers=headers) for each in saved]
        answers = await asyncio.gather(*renamed, client.post("/filters", json=wanted, headers=headers))
        assert sorted(each.status_code for each in answers) in ([200, 409, 409], [201, 409, 409])
        assert {code_of(each)[1] for each in answers if each.status_code == 409} == {"saved-filter-name-taken"}


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (body("", {"q": "车"}), ("/name", "string_too_short")),
        (body("名" * 101, {"q": "车"}), ("/name", "string_too_long")),
        (body(" ", {"q": "车"}), ("/name", "blank-text")),
        (body("a\nb"), ("/name", "control_character")),
        (body("x", {}), ("/filters", "nothing-filtered")),
        (body("x", {"colour": "red"}), ("/filters/colour", "extra_forbidden")),
        (body("x", {"q": "-车"}), ("/filters/q", "search-empty")),
        (body("x", {"bbox": "1,2"}), ("/filters/bbox", "bbox-invalid")),
        (body("x", {"status": ["gone"]}), ("/filters/status/0", "enum")),
        (body("x", roles=["king"]), ("/roles/0", "enum")),
        (body("x", roles=["citizen"]), ("/roles", "sharing-not-yours")),
        (body("x", roles=["dispatcher"]), ("/roles", "sharing-not-yours")),
    ],
)
async def test_a_bad_filter_is_refused(
    client: httpx.AsyncClient, as_: As, bad: dict[str, Any], error: tuple[str, str]
) -> None:
    answer = await client.post("/filters", json=bad, headers=as_(Role.OPERATOR))
    assert answer.status_code == 422
    assert errors_of(answer) == [error]


async def test_what_is_said_counts_where_lists_do_it_anyway(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    headers = as_(Role.OPERATOR, "sorter")
    first, second = [await taken(client, as_, "占道", external_ref=f"S-{each}") for each in (1, 2)]
    await read(engine)
    kept = body("by receipt", {"sort": "oldest", "external_ref": ["S-1", "S-2"]})
    saved = (await client.post("/filters", json=kept, headers=headers)).json()["id"]
    assert await found(client, headers, filter=saved) == [first, second]
    assert await found(client, headers, filter=saved, sort="newest") == [second, first]
    assert await found(client, headers, filter=saved, sort="newest", q="占道") == [second, first]


@pytest.mark.parametrize(
    ("kept", "given"), [({"q": "停车"}, {"sort": "oldest"}), ({"sort": "updated_newest"}, {"q": "停车"})]
)
async def test_what_a_filter_does_not_go_with_is_refused(
    client: httpx.AsyncClient, as_: As, kept: dict[str, str], given: dict[str, str]
) -> None:
    headers = as_(Role.OPERATOR, "combiner")
    saved = (await client.post("/filters", json=body(str(kept), dict(kept)), headers=headers)).json()["id"]
    for path in ("/complaints", "/complaints.csv"):
        for query in ({**kept, **given}, {"filter": saved, **given}):
            answer = await client.get(path, params=query, headers=headers)
            assert (answer.status_code, errors_of(answer)) == (422, [("query", "search-sorted-otherwise")])
    for order in ({"filters": {**kept, **given}}, {"filter": saved, "filters": given}):
        answer = await client.post("/exports", json={"format": "csv", **order}, headers=headers)
        assert (answer.status_code, errors_of(answer)) == (422, [("/filters", "search-sorted-otherwise")])

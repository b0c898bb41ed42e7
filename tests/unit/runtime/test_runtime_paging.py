from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from runtime.paging import Cursor, link_header
from runtime.problems import Problem
from runtime.settings import RuntimeSettings

KEY = b"k" * 32
FILTERS = {"status": "received", "community": None}
TEXT = Cursor(("2024-10-15T00:00:00Z", 7, None)).encode(KEY, tenant="1", filters=FILTERS)

positions = st.lists(st.none() | st.integers() | st.text() | st.floats(allow_nan=False), max_size=4).map(tuple)


@given(positions, st.binary(min_size=1), st.text(), st.dictionaries(st.text(), st.none() | st.text() | st.integers()))
def test_comes_back_as_it_was(position: Any, key: bytes, tenant: str, filters: dict[str, object]) -> None:
    text = Cursor(position).encode(key, tenant=tenant, filters=filters)
    assert Cursor.decode(text, key, tenant=tenant, filters=dict(reversed(filters.items()))) == Cursor(position)


@pytest.mark.parametrize("place", range(len(TEXT)))
def test_no_character_may_change(place: int) -> None:
    for other in "Ab-":
        if other != TEXT[place]:
            changed = TEXT[:place] + other + TEXT[place + 1 :]
            with pytest.raises(Problem, match="cursor-invalid"):
                Cursor.decode(changed, KEY, tenant="1", filters=FILTERS)


@pytest.mark.parametrize(
    "text", ["", "A", "=", TEXT + "=", TEXT + "A", TEXT[:-1], TEXT.upper(), " " + TEXT, "é", "\ud800", "A" * 100_000]
)
def test_what_we_did_not_make_is_refused(text: str) -> None:
    with pytest.raises(Problem, match="400 cursor-invalid"):
        Cursor.decode(text, KEY, tenant="1", filters=FILTERS)


def test_it_belongs_to_its_tenant_filters_and_key() -> None:
    for key, tenant, filters in (
        (KEY, "2", FILTERS),
        (KEY, "1", {**FILTERS, "status": "closed"}),
        (KEY, "1", {"status": "received"}),
        (b"x" * 32, "1", FILTERS),
    ):
        with pytest.raises(Problem, match="cursor-invalid"):
            Cursor.decode(TEXT, key, tenant=tenant, filters=filters)


def test_all_replicas_of_a_service_share_the_key() -> None:
    def key(**options: Any) -> bytes:
        return RuntimeSettings(**{"token_secret": None, **options}).cursor_key()

    secret = "0123456789abcdef" * 4
    assert key(token_secret=secret) == key(token_secret=secret, intake_database_url="postgresql://a/b")
    assert key(token_secret=secret) != key(token_secret=secret[::-1])
    assert key(intake_database_url="postgresql://u:p@a/b") == key(intake_database_url="postgres://u:p@a/b")
    assert key(intake_database_url="postgresql://u:p@a/b") != key(intake_database_url="postgresql://u:q@a/b")


def test_the_link_keeps_the_filters_and_not_the_host() -> None:
    scope = {
        "type": "http",
        "path": "/demo/v1/路\r\n>",
        "query_string": b"status=a&status=%E8%B7%AF&cursor=old&limit=5",
        "headers": [(b"host", b"evil.example")],
    }
    assert link_header(Request(scope), "new-1_") == (
        '</demo/v1/%E8%B7%AF%0D%0A%3E?status=a&status=%E8%B7%AF&limit=5&cursor=new-1_>; rel="next"'
    )


@pytest.mark.parametrize(("query", "limit"), [("", 50), ("?limit=1", 1), ("?limit=200", 200)])
async def test_limit(client: httpx.AsyncClient, query: str, limit: int) -> None:
    assert (await client.get(f"/demo/v1/things{query}")).json()["limit"] == limit


@pytest.mark.parametrize("limit", ["0", "-1", "201", "x", "", "1.5", "9" * 5000, "%EF%BC%91"])
async def test_bad_limit(client: httpx.AsyncClient, limit: str) -> None:
    answer = await client.get(f"/demo/v1/things?limit={limit}")
    if answer.status_code == 200:  # other spellings of a small number, such as full-width digits
        assert 1 <= answer.json()["limit"] <= 200
        return
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "query/limit"

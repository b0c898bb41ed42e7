"""Parts of files, and files that the caller has."""

import httpx
import pytest

from contracts.roles import Role
from intake.attachments.conftest import BOTH
from intake.attachments.files import upload, video
from intake.conftest import As

pytestmark = BOTH
CONTENT = video() + bytes(range(256)) * 500
SIZE = len(CONTENT)


@pytest.fixture
async def path(client: httpx.AsyncClient, as_: As) -> str:
    return f"/attachments/{(await upload(client, as_(Role.CITIZEN), CONTENT)).json()['id']}"


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=1000-99999", 1000, 99_999),
        ("bytes=1000-", 1000, SIZE - 1),
        ("bytes=-10", SIZE - 10, SIZE - 1),
        (f"bytes=10-{10**17}", 10, SIZE - 1),
        (f"bytes=-{10**17}", 0, SIZE - 1),
    ],
)
async def test_a_part(client: httpx.AsyncClient, as_: As, path: str, asked: str, first: int, last: int) -> None:
    part = await client.get(path, headers=as_(Role.CITIZEN, Range=asked))
    assert part.status_code == 206
    assert part.headers["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert part.content == CONTENT[first : last + 1]
    assert part.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "bytes=",
        "bytes=5-2",
        "bytes=a-b",
        "lines=1-2",
        "bytes=0-1,3-4",
        "bytes=" + "0-1," * 5000,
        "bytes=0-" + "9" * 50,
    ],
)
async def test_a_range_that_cannot_be_read_is_the_whole(
    client: httpx.AsyncClient, as_: As, path: str, asked: str
) -> None:
    whole = await client.get(path, headers=as_(Role.CITIZEN, Range=asked))
    assert whole.status_code == 200
    assert whole.content == CONTENT


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", "bytes=999999999-", "bytes=-0"])
async def test_a_range_behind_the_end(client: httpx.AsyncClient, as_: As, path: str, asked: str) -> None:
    none = await client.get(path, headers=as_(Role.CITIZEN, Range=asked))
    assert (none.status_code, none.headers["Content-Range"]) == (416, f"bytes */{SIZE}")
    assert none.json()["type"] == "urn:jieban:problem:range-not-satisfiable"


async def test_whoever_has_it_is_told_so(client: httpx.AsyncClient, as_: As, path: str) -> None:
    tag = (await client.get(path, headers=as_(Role.CITIZEN))).headers["ETag"]
    for given in (tag, f'"other" , {tag}', f"W/{tag}", f'"other",{" " * 30_000}{tag}'):
        same = await client.get(path, headers=as_(Role.CITIZEN, **{"If-None-Match": given}))
        assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", tag)
        assert (await client.get(path, headers=as_(Role.CITIZEN, "x", **{"If-None-Match": given}))).status_code == 404
    assert (await client.get(path, headers=as_(Role.CITIZEN, **{"If-None-Match": '"other"'}))).status_code == 200
    changed = await client.get(path, headers=as_(Role.CITIZEN, Range="bytes=0-9", **{"If-Range": '"other"'}))
    assert (changed.status_code, len(changed.content)) == (200, SIZE)
    unchanged = await client.get(path, headers=as_(Role.CITIZEN, Range="bytes=0-9", **{"If-Range": tag}))
    assert (unchanged.status_code, len(unchanged.content)) == (206, 10)

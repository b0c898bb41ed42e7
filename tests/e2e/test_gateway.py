"""The gateway's configuration, by a real nginx before a running county: one origin for the three services."""

import asyncio
import io
import json
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from PIL import Image

from e2e.county import County
from e2e.people import REPORT, People, body
from e2e.printed import ROOT

pytestmark = pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")

CONFIGURATION = ROOT / "deploy" / "gateway" / "nginx.conf"
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def error_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the gateway writes to its standard error."""
    return tmp_path_factory.mktemp("gateway-log") / "error.log"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gateway(
    county: County, free_port: Callable[[], int], tmp_path_factory: pytest.TempPathFactory, error_log: Path
) -> AsyncIterator[str]:
    """The address of an nginx with the shipped configuration, but for the names that Docker resolves.

    Where dispatch ought to be nobody listens, as while it is replaced.
    """
    folder, port, closed = tmp_path_factory.mktemp("gateway"), free_port(), free_port()
    services = county.url.removeprefix("http://")
    text = CONFIGURATION.read_text("utf-8").replace("/tmp/", f"{folder}/").replace("listen 8000", f"listen {port}")
    text = text.replace("http://$service:8000", "http://$service").replace(" dispatch;", f" 127.0.0.1:{closed};")
    text = text.replace("/dev/stderr", str(error_log))
    for name in ("intake", "ledger"):
        text = text.replace(f" {name};", f" {services};")
    (folder / "nginx.conf").write_text(text, "utf-8")
    nginx = await asyncio.create_subprocess_exec(
        *("nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off; master_process off;")
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(30), httpx.AsyncClient() as client:
            while (await _status(client, f"{url}/healthz")) != 200:
                assert nginx.returncode is None
                await asyncio.sleep(0.05)
        yield url
    finally:
        if nginx.returncode is None:
            nginx.terminate()
        await nginx.wait()


@pytest_asyncio.fixture(loop_scope="session")
async def visitors(gateway: str, county: County) -> AsyncIterator[People]:
    """Callers who come by way of the gateway."""
    everyone = People(gateway, (county.directory / "secrets" / "token-secret").read_text().strip())
    yield everyone
    await everyone.close()


async def _status(client: httpx.AsyncClient, url: str) -> int | None:
    try:
        return (await client.get(url)).status_code
    except httpx.TransportError:
        return None


def noisy(pixels: int) -> bytes:
    """Return a square JPEG of which little can be compressed."""
    file = io.BytesIO()
    Image.effect_noise((pixels, pixels), 90).save(file, "JPEG", quality=95)
    return file.getvalue()


async def test_a_complaint_comes_with_files_of_several_megabytes(visitors: People) -> None:
    photo = noisy(1_200)
    files: list[tuple[str, Any]] = [("complaint", (None, json.dumps(REPORT), "application/json"))]
    files += [(role, (f"{role}.jpg", photo, "image/jpeg")) for role in ("near", "far")]

    answer = await visitors.a("citizen").post("/intake/v1/complaints", files=files)

    assert len(photo) > MEGABYTE
    assert answer.status_code == 201, answer.text


async def test_the_live_view_comes_as_it_happens(visitors: People) -> None:
    async with visitors.a("analyst").stream("GET", "/ledger/v1/stream?type=complaint.received") as stream:
        receipt = await visitors.report()
        async with asyncio.timeout(60):
            async for line in stream.aiter_lines():
                if receipt["id"] in line:
                    return
    raise AssertionError("the stream has ended")


async def test_each_service_says_itself_what_is_too_long(visitors: People) -> None:
    answer = await visitors.a("citizen").post("/intake/v1/complaints", content=b" " * (2 * MEGABYTE))

    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
    assert body(answer)["request_id"]


async def test_a_service_that_is_away_is_a_problem_that_passes(visitors: People) -> None:
    answer = await visitors.a("analyst").get("/dispatch/v1/cases")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert body(answer)["type"] == "urn:jieban:problem:service-unavailable"


async def test_wrong_codes_of_one_address_lock_out_no_other(gateway: str) -> None:
    statuses = []
    for address, number in [*(("127.0.0.2", number) for number in range(101)), ("127.0.0.3", 0)]:
        transport = httpx.AsyncHTTPTransport(local_address=address)
        async with httpx.AsyncClient(base_url=gateway, transport=transport) as client:
            path, claimed = f"/intake/v1/track/none-{number}?query_code=x", {"X-Forwarded-For": f"203.0.113.{number}"}
            statuses.append((await client.get(path, headers=claimed)).status_code)

    assert statuses == [404] * 100 + [429, 404]


async def test_what_is_secret_in_a_query_is_not_logged(visitors: People, error_log: Path) -> None:
    answer = await visitors.a("analyst").get("/dispatch/v1/cases?query_code=K2MP7XW3QRTA")

    assert answer.status_code == 503
    assert "K2MP7XW3QRTA" not in await asyncio.to_thread(error_log.read_text, "utf-8")


@pytest.mark.parametrize("path", ["/intake/v1/metrics", "/intake/metrics", "/ledger/v1/metrics", "/nothing", "/"])
async def test_what_is_not_for_the_outside_is_not_there(visitors: People, path: str) -> None:
    answer = await visitors.a("admin").get(path)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"

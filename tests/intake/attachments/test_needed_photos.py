"""Categories whose reports need a photo: a recording or a document is none, whichever way it comes."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake.attachments.files import AMR, PDF, left_in, picture, upload
from intake.attachments.test_attachments_with_reports import counts
from intake.configuring import category, configuration, publish
from intake.conftest import As
from intake.reports import report
from refusals import errors_of
from runtime.ids import uuid7

NEEDED = [("/attachments", "category-needs-photo")]
COVER = report(category="facilities.covers")
NOISE = report(category=..., description="楼下KTV每天半夜唱歌，噪音扰民，根本睡不着")
"""Which category that is, is sure."""


@pytest_asyncio.fixture
async def tenant(client: httpx.AsyncClient, as_: As) -> str:
    """A tenant where a report of a cover needs a photo."""
    name = f"t{uuid7().hex[-10:]}"
    given, admin = configuration(), as_(Role.ADMIN, tenant=name)
    for code in ("facilities.covers", "noise_and_fumes.noise"):
        category(given, code)["needs_photo"] = True
    await publish(client, admin, given)
    return name


@pytest.fixture
def me(as_: As, tenant: str) -> dict[str, str]:
    return as_(Role.CITIZEN, tenant=tenant)


async def uploaded(client: httpx.AsyncClient, headers: dict[str, str], content: bytes) -> str:
    answer = await upload(client, headers, content)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_of_uploads_one_has_to_be_a_photo(
    client: httpx.AsyncClient, engine: AsyncEngine, me: dict[str, str]
) -> None:
    others = [await uploaded(client, me, each) for each in (AMR, PDF)]
    before, once = await counts(engine), {**me, "Idempotency-Key": f"cover-{others[0]}"}
    refused = await client.post("/complaints", json={**COVER, "attachments": others}, headers=me)
    assert errors_of(refused) == NEEDED
    assert await counts(engine) == before
    given = {**COVER, "attachments": [*others, await uploaded(client, me, picture())]}
    first, again = [await client.post("/complaints", json=given, headers=once) for _ in range(2)]
    assert (first.status_code, again.status_code, again.text) == (201, 201, first.text)
    taken = await client.post("/complaints", json={**COVER, "attachments": others}, headers=me)
    assert {code for _, code in errors_of(taken)} == {"attachment-in-use"}
    plain = report(attachments=[await uploaded(client, me, AMR)])
    assert (await client.post("/complaints", json=plain, headers=me)).status_code == 201


async def test_of_files_of_a_form_one_has_to_be_a_photo(
    client: httpx.AsyncClient, engine: AsyncEngine, me: dict[str, str], store: Path
) -> None:
    async def sent(given: Any, *contents: bytes) -> httpx.Response:
        files = [("file", ("a", each, "application/octet-stream")) for each in contents]
        part = ("complaint", (None, json.dumps(given).encode(), "application/json"))
        return await client.post("/complaints", files=[part, *files], headers=me)

    before = (left_in(store), await counts(engine))
    assert errors_of(await sent(COVER, PDF)) == NEEDED
    assert (left_in(store), await counts(engine)) == before
    assert (await sent(COVER, PDF, picture())).status_code == 201
    seen = {**COVER, "attachments": [await uploaded(client, me, picture())]}
    assert (await sent(seen, PDF)).status_code == 201


async def test_a_draft_stays_one_until_it_has_a_photo(client: httpx.AsyncClient, me: dict[str, str]) -> None:
    document = await uploaded(client, me, PDF)
    draft = (await client.post("/drafts", json={**COVER, "attachments": [document]}, headers=me)).json()["id"]
    assert errors_of(await client.post(f"/drafts/{draft}/submission", headers=me)) == NEEDED
    more = {"attachments": [document, await uploaded(client, me, picture())]}
    assert (await client.patch(f"/drafts/{draft}", json=more, headers=me)).status_code == 200
    assert (await client.post(f"/drafts/{draft}/submission", headers=me)).status_code == 201


async def test_in_a_batch_the_others_go_on(client: httpx.AsyncClient, as_: As, tenant: str) -> None:
    operator = as_(Role.OPERATOR, tenant=tenant)
    items = [
        {**COVER, "source": "hotline", "attachments": [await uploaded(client, operator, each)]}
        for each in (AMR, picture())
    ]
    answer = await client.post("/complaints/batch", json={"items": items}, headers=operator)
    assert [each["status"] for each in answer.json()["items"]] == [422, 201], answer.text


async def test_a_category_that_was_only_suggested_needs_it_too(client: httpx.AsyncClient, me: dict[str, str]) -> None:
    async def receipt(*contents: bytes) -> Any:
        attachments = [await uploaded(client, me, each) for each in contents]
        answer = await client.post("/complaints", json={**NOISE, "attachments": attachments}, headers=me)
        assert answer.status_code == 201, answer.text
        return answer.json()

    for without in ((), (PDF,)):
        left_open = await receipt(*without)
        assert (left_open["category"], left_open["suggested_category"]["code"]) == (None, "noise_and_fumes.noise")
    assert (await receipt(PDF, picture()))["category"] == "noise_and_fumes.noise"
    part = ("complaint", (None, json.dumps(NOISE).encode(), "application/json"))
    for content, taken in ((PDF, None), (picture(), "noise_and_fumes.noise")):
        files = [part, ("file", ("a", content, "application/octet-stream"))]
        answer = await client.post("/complaints", files=files, headers=me)
        assert (answer.status_code, answer.json()["category"]) == (201, taken)

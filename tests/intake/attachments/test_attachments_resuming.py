"""Uploads in pieces: what has arrived stays, and the content is what is found again."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake.attachments.conftest import BOTH, FILE_BYTES
from intake.attachments.files import HTML, left_in, picture
from intake.attachments.pieces import PIECE, begun, content_of, send
from intake.conftest import As
from intake.reports import report
from refusals import code_of

pytestmark = BOTH
CITIZEN = Role.CITIZEN


async def test_in_three_pieces(client: httpx.AsyncClient, as_: As, store: Path) -> None:
    me, content = as_(CITIZEN, store.name), content_of(1)
    first = await begun(client, me, content, role="before", name="VID_1.mp4")
    assert (first.status_code, first.json()["offset"], first.headers["Upload-Offset"]) == (201, 0, "0")
    upload = first.json()["id"]
    assert first.headers["Location"] == f"/intake/v1/attachments/uploads/{upload}"
    one = await send(client, me, upload, 0, content[:70_000])
    assert (one.status_code, one.headers["Upload-Offset"]) == (204, "70000")
    again = await begun(client, me, content, role="before", name="VID_1.mp4")
    assert (again.status_code, again.json()["id"], again.json()["offset"]) == (200, upload, 70_000)
    await send(client, me, upload, 70_000, content[70_000:150_000])
    head = await client.head(f"/attachments/uploads/{upload}", headers=me)
    assert (head.headers["Upload-Offset"], head.headers["Upload-Length"]) == ("150000", str(len(content)))
    last = await send(client, me, upload, 150_000, content[150_000:])
    assert last.status_code == 201, last.text
    about = last.json()
    assert (about["role"], about["name"], about["size"]) == ("before", "VID_1.mp4", len(content))
    assert (await client.get(f"/attachments/{about['id']}", headers=me)).content == content
    assert (await client.head(f"/attachments/uploads/{upload}", headers=me)).status_code == 404
    assert all(path.startswith("blobs/") for path in left_in(store))


async def test_known_content_is_not_sent_again(client: httpx.AsyncClient, as_: As, store: Path) -> None:
    me, content = as_(CITIZEN, store.name), content_of(3)
    upload = (await begun(client, me, content)).json()["id"]
    about = (await send(client, me, upload, 0, content)).json()
    lost_answer = (await begun(client, me, content)).json()
    waits_since = lost_answer["attachment"].pop("uploaded_at")
    assert waits_since > about.pop("uploaded_at")
    assert (lost_answer["id"], lost_answer["attachment"]) == (None, about)
    complaint = await client.post("/complaints", json=report(attachments=[about["id"]]), headers=me)
    assert complaint.status_code == 201
    another = (await begun(client, me, content, role="far")).json()["attachment"]
    assert (another["id"] != about["id"], another["complaint"], another["role"]) == (True, None, "far")
    assert (await client.get(f"/attachments/{another['id']}", headers=me)).content == content
    theirs = await begun(client, as_(CITIZEN, f"another-{store.name}"), content)
    assert (theirs.status_code, theirs.json()["offset"], theirs.json()["attachment"]) == (201, 0, None)
    added = await begun(client, me, content, complaint=complaint.json()["id"])
    assert added.json()["attachment"]["complaint"] == complaint.json()["id"]


async def test_pieces_that_do_not_fit(client: httpx.AsyncClient, as_: As, store: Path) -> None:
    me, content = as_(CITIZEN, store.name), content_of(4)
    upload = (await begun(client, me, content)).json()["id"]
    await send(client, me, upload, 0, content[:100])
    other = await begun(client, me, content, size=len(content) + 1)
    assert (other.status_code, other.json()["errors"][0]["code"]) == (422, "upload-size-differs")
    for offset in (0, 99, 101):
        wrong = await send(client, me, upload, offset, content[offset:])
        assert (wrong.status_code, wrong.headers["Upload-Offset"]) == (409, "100")
        assert wrong.json()["type"] == "urn:jieban:problem:upload-offset"
    for bad in ("", "-1", "1.5", "x", "9" * 30):
        headers = {**me, "Content-Type": PIECE, "Upload-Offset": bad}
        refused = await client.patch(f"/attachments/uploads/{upload}", content=b"x", headers=headers)
        assert (refused.status_code, refused.json()["type"]) == (400, "urn:jieban:problem:header-invalid"), bad
    plain = {**me, "Content-Type": "text/plain", "Upload-Offset": "100"}
    refused = await client.patch(f"/attachments/uploads/{upload}", content=b"x", headers=plain)
    assert (refused.status_code, refused.json()["type"]) == (415, "urn:jieban:problem:piece-needed")
    for stranger in (as_(CITIZEN, f"another-{store.name}"), as_(Role.OPERATOR), as_(CITIZEN, tenant="110101")):
        assert (await send(client, stranger, upload, 100, content[100:])).status_code == 404
        assert (await client.head(f"/attachments/uploads/{upload}", headers=stranger)).status_code == 404
    assert (await send(client, me, upload, 100, content[100:])).status_code == 201


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (content_of(6), 422, "checksum-mismatch"),
        (content_of(5) + b"more", 422, "upload-beyond-its-size"),
        (HTML, 415, "attachment-type-unsupported"),
        (picture(size=(300, 200))[:-400], 422, "image-unreadable"),
    ],
)
async def test_content_that_is_not_what_was_announced(
    client: httpx.AsyncClient, as_: As, engine: AsyncEngine, store: Path, sent: bytes, status: int, code: str
) -> None:
    announced = content_of(5) if status == 422 and code != "image-unreadable" else sent
    me = as_(CITIZEN, f"liar-{store.name}")
    upload = (await begun(client, me, announced)).json()["id"]
    await send(client, me, upload, 0, sent[:10])
    assert any(path.startswith(f"uploads/{upload}") for path in left_in(store))
    answer = await send(client, me, upload, 10, sent[10:])
    assert answer.status_code == status, answer.text
    assert code in {code_of(answer)[1], *(error["code"] for error in answer.json().get("errors", []))}
    present = await client.head(f"/attachments/uploads/{upload}", headers=me)
    if code == "upload-beyond-its-size":
        assert (present.status_code, present.headers["Upload-Offset"]) == (200, "10")
        assert (await send(client, me, upload, 10, announced[10:])).status_code == 201, "it can be gone on with"
    else:
        assert present.status_code == 404
    assert not any(path.startswith(f"uploads/{upload}") for path in left_in(store))


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"size": 0}, 422),
        ({"size": FILE_BYTES + 1}, 413),
        ({"size": "9"}, 422),
        ({"sha256": "ABC"}, 422),
        ({"role": "nose"}, 422),
        ({"more": 1}, 422),
    ],
)
async def test_beginnings_that_are_refused(
    client: httpx.AsyncClient, as_: As, changes: dict[str, Any], status: int
) -> None:
    body = {"sha256": "0" * 64, "size": 10, **changes}
    answer = await client.post("/attachments/uploads", json=body, headers=as_(CITIZEN))
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_two_last_pieces_at_once_are_one_attachment(client: httpx.AsyncClient, as_: As, store: Path) -> None:
    me, content = as_(CITIZEN, store.name), content_of(7)
    upload = (await begun(client, me, content)).json()["id"]
    answers = await asyncio.gather(*(send(client, me, upload, 0, content) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers)[0] == 201
    assert {answer.status_code for answer in answers[1:]} <= {201, 404, 409}
    assert sum(answer.status_code == 201 for answer in answers) == 1

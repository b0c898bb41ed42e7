"""A complaint and its files in one form: all of it, or nothing."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake.attachments.conftest import BOTH, FILE_BYTES, PER_COMPLAINT
from intake.attachments.files import HTML, MP3, PDF, left_in, picture, png_of, upload
from intake.attachments.test_attachments_forms import BOUNDARIES, CONTENTS, SPOILINGS, form
from intake.conftest import As
from intake.reports import REPORT
from intake_service.persistence.attachment_tables import attachment
from intake_service.persistence.tables import complaint
from runtime.ids import uuid7
from runtime.lifecycle import Service
from runtime.settings import RuntimeSettings

Files = list[tuple[str, tuple[str, bytes, str]]]


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("urn:jieban:problem:")


async def send(
    client: httpx.AsyncClient, headers: dict[str, str], files: Files, report: object = REPORT
) -> httpx.Response:
    part = ("complaint", (None, json.dumps(report).encode(), "application/json"))
    return await client.post("complaints", files=[part, *files], headers=headers)


def jpeg(role: str, seed: int | None = None) -> tuple[str, tuple[str, bytes, str]]:
    return role, ("photo.jpg", picture(seed=seed), "image/jpeg")


async def counts(engine: AsyncEngine) -> list[object]:
    """Return how many complaints and attachments there are."""
    async with engine.connect() as connection:
        return [
            await connection.scalar(sa.select(sa.func.count()).select_from(each)) for each in (complaint, attachment)
        ]


async def test_the_receipt_is_for_all_of_it(client: httpx.AsyncClient, as_: As) -> None:
    me = as_(Role.CITIZEN)
    answer = await send(client, me, [jpeg("near"), ("file", ("说明.pdf", PDF, "application/pdf")), jpeg("near")])
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/intake/v1/complaints/{answer.json()['id']}"
    kept = (await client.get(f"complaints/{answer.json()['id']}/attachments", headers=me)).json()["items"]
    assert sorted((each["role"], each["kind"]) for each in kept) == [
        ("near", "image"), ("near", "image"), ("other", "document"),
    ]  # fmt: skip
    assert {each["name"] for each in kept} == {"photo.jpg", "说明.pdf"}
    for each in kept:
        assert (await client.get(f"attachments/{each['id']}", headers=me)).status_code == 200


@BOTH
async def test_files_and_uploads_of_before_go_together(
    client: httpx.AsyncClient, as_: As, engine: AsyncEngine, store: Path
) -> None:
    me = as_(Role.CITIZEN)
    before = await client.post("attachments", files={"file": ("a.jpg", picture(), "image/jpeg")}, headers=me)
    report = {**REPORT, "attachments": [before.json()["id"]]}
    answer = await send(client, me, [jpeg("far")], report)
    assert answer.status_code == 201, answer.text
    kept = (await client.get(f"complaints/{answer.json()['id']}/attachments", headers=me)).json()["items"]
    assert len(kept) == 2
    before_it = (set(left_in(store)), await counts(engine))
    again = await send(client, me, [jpeg("far")], report)
    assert (set(left_in(store)), await counts(engine)) == before_it
    assert (problem(again), again.json()["errors"][0]["code"]) == ((422, "validation-failed"), "attachment-in-use")


@pytest.mark.parametrize(
    ("files", "report", "expected"),
    [
        ([jpeg("near"), ("far", ("x.jpg", HTML, "image/jpeg"))], REPORT, (415, "attachment-type-unsupported")),
        ([jpeg("near"), ("far", ("x.jpg", b"", "image/jpeg"))], REPORT, (422, "attachment-empty")),
        ([("near", ("x.png", png_of(50_000, 50_000), "image/png"))], REPORT, (422, "image-too-large")),
        ([("near", ("x.mp3", MP3, "image/jpeg"))], REPORT, (422, "attachment-not-what-it-says")),
        ([("near", ("x.mp3", MP3 + bytes(FILE_BYTES), "audio/mpeg"))], REPORT, (413, "attachment-too-large")),
        ([jpeg("near") for _ in range(PER_COMPLAINT + 1)], REPORT, (422, "too-many-attachments")),
        ([jpeg("near")], {**REPORT, "category": "no.such"}, (422, "validation-failed")),
        ([jpeg("near")], {**REPORT, "description": 7}, (422, "validation-failed")),
        ([jpeg("near")], [], (422, "validation-failed")),
        ([jpeg("aside")], REPORT, (422, "validation-failed")),
        ([("complaint", ("x.json", b"{}", "application/json"))], REPORT, (422, "validation-failed")),
    ],
)  # fmt: skip
async def test_what_cannot_be_taken_leaves_nothing(
    client: httpx.AsyncClient, as_: As, engine: AsyncEngine, store: Path, files: Files, report: object,
    expected: tuple[int, str],
) -> None:  # fmt: skip
    before = (set(left_in(store)), await counts(engine))
    answer = await send(client, as_(Role.CITIZEN), files, report)
    assert problem(answer) == expected, answer.text
    assert (set(left_in(store)), await counts(engine)) == before
    if expected[1].startswith("attachment-") and expected[0] != 413:
        assert answer.json()["file"] == len(files) - 1


async def test_the_json_of_a_form_is_read_as_strictly(client: httpx.AsyncClient, as_: As) -> None:
    me = as_(Role.CITIZEN)
    for text in (b"", b"{", b'{"description": NaN}', b'{"a": 1, "a": 2}', b"\xff"):
        answer = await client.post("complaints", files={"complaint": (None, text)}, headers=me)
        assert answer.status_code == 400, answer.text
    no_json = await client.post("complaints", files=[jpeg("near")], headers=me)
    assert (problem(no_json), no_json.json()["errors"][0]["pointer"]) == ((422, "validation-failed"), "/complaint")
    nobody = await client.post("complaints", files=[jpeg("near")])
    assert nobody.status_code == 401
    officer = await client.post("complaints", files=[jpeg("near")], headers=as_(Role.ADMIN))
    assert officer.status_code == 403


async def test_the_json_of_a_request_may_not_be_longer_for_that(client: httpx.AsyncClient, as_: As) -> None:
    most = RuntimeSettings.model_fields["max_body_bytes"].default
    long = {**REPORT, "description": "长" * most}
    answer = await client.post("complaints", json=long, headers=as_(Role.CITIZEN))
    assert problem(answer) == (413, "body-too-large")
    in_form = await send(client, as_(Role.CITIZEN), [], long)
    assert in_form.status_code in (413, 422)
    limit = FILE_BYTES + most + 100_000
    whole = await send(client, as_(Role.CITIZEN), [("near", ("x", bytes(limit), "image/jpeg"))])
    assert problem(whole) == (413, "body-too-large")


@BOTH
async def test_a_repeat_with_its_key_gets_the_first_answer(
    client: httpx.AsyncClient, as_: As, engine: AsyncEngine, store: Path
) -> None:
    me = {**as_(Role.CITIZEN), "Idempotency-Key": store.name}
    twins = await asyncio.gather(*(send(client, me, [jpeg("near", 1), jpeg("far", 2)]) for _ in range(4)))
    assert {(each.status_code, each.json()["id"]) for each in twins} == {(201, twins[0].json()["id"])}
    before = await counts(engine)
    again = await send(client, me, [jpeg("near", 1), jpeg("far", 2)])
    assert (again.headers["Idempotency-Replayed"], again.json()) == ("true", twins[0].json())
    other = await send(client, me, [jpeg("near", 1), jpeg("far", 3)])
    assert problem(other) == (422, "idempotency-key-reused")
    assert await counts(engine) == before


@BOTH
async def test_one_complaint_too_many_keeps_no_file(
    client: httpx.AsyncClient, as_: As, engine: AsyncEngine, service: Service, store: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(service.app.state.intake._watch, "_limits", {"account": [(timedelta(hours=1), 1)]})
    keen = as_(Role.CITIZEN, "keen")
    assert (await send(client, keen, [jpeg("near")])).status_code == 201
    before = (set(left_in(store)), await counts(engine))
    assert problem(await send(client, keen, [jpeg("near")])) == (429, "reports-too-often")
    assert (set(left_in(store)), await counts(engine)) == before


@BOTH
async def test_a_file_for_a_complaint_that_is_not_there_is_not_kept(
    client: httpx.AsyncClient, as_: As, engine: AsyncEngine, store: Path
) -> None:
    before = (set(left_in(store)), await counts(engine))
    answer = await upload(client, as_(Role.CITIZEN), picture(), complaint=str(uuid7()))
    assert problem(answer) == (404, "complaint-not-found")
    assert (set(left_in(store)), await counts(engine)) == before


@BOTH
async def test_a_reference_that_is_known_keeps_no_file(
    client: httpx.AsyncClient, as_: As, engine: AsyncEngine, store: Path
) -> None:
    me = as_(Role.OPERATOR)
    report: dict[str, Any] = {**REPORT, "source": "hotline", "external_ref": store.name}
    empty = len(left_in(store))
    twins = await asyncio.gather(*(send(client, me, [jpeg("near")], report) for _ in range(3)))
    assert sorted(each.status_code for each in twins) == [201, 409, 409]
    assert len(left_in(store)) == empty + 3  # as it came, as it is served, and its thumbnail
    before = (set(left_in(store)), await counts(engine))
    assert problem(await send(client, me, [jpeg("near")], report)) == (409, "external-ref-exists")
    assert (set(left_in(store)), await counts(engine)) == before


async def test_whoever_hangs_up_leaves_nothing(
    client: httpx.AsyncClient, as_: As, engine: AsyncEngine, store: Path
) -> None:
    before = (set(left_in(store)), await counts(engine))
    whole = form("x", [([f'Content-Disposition: form-data; name="{role}"; filename="a"'.encode()], picture())
                       for role in ("near", "far")], "none", 1.0)  # fmt: skip
    headers = as_(Role.CITIZEN, **{"Content-Type": "multipart/form-data; boundary=x"})
    answer = await client.post("complaints", content=whole[: len(whole) * 2 // 3], headers=headers)
    assert problem(answer) == (400, "multipart-invalid")
    assert (set(left_in(store)), await counts(engine)) == before


HEADERS = st.lists(
    st.one_of(
        st.builds(
            lambda name: f'Content-Disposition: form-data; name="{name}"; filename="a.jpg"'.encode(),
            st.sampled_from(["complaint", "near", "file", "other", "role", "", "complaint[]", "名"]),
        ),
        st.just(b"Content-Type: application/json"),
        st.just(b"Content-Disposition: form-data; name*=UTF-8''complaint"),
        st.binary(max_size=60),
    ),
    max_size=3,
)
PARTS = st.lists(st.tuples(HEADERS, st.one_of(CONTENTS, st.just(json.dumps(REPORT).encode()))), max_size=8)
WHOLE = [
    ([b'Content-Disposition: form-data; name="complaint"'], json.dumps(REPORT).encode()),
    ([b'Content-Disposition: form-data; name="near"; filename="a.jpg"'], picture(size=(8, 6), seed=1)),
]


@given(BOUNDARIES, PARTS, SPOILINGS, st.floats(0, 1))
@example("x", WHOLE, "none", 1.0)
@example("x", WHOLE[::-1], "none", 1.0)
@example("x", WHOLE, "cut", 0.7)
@example("x", WHOLE * 2, "none", 1.0)
@example("x", WHOLE[:1] + WHOLE[1:] * 5_000, "none", 1.0)
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
async def test_no_form_breaks_anything(
    client: httpx.AsyncClient, as_: As, store: Path, engine: AsyncEngine, boundary: str,
    parts: list[tuple[list[bytes], bytes]], spoiling: str, cut: float,
) -> None:  # fmt: skip
    before = (set(left_in(store)), await counts(engine))
    headers = as_(Role.OPERATOR, **{"Content-Type": f'multipart/form-data; boundary="{boundary}"'})
    answer = await client.post("complaints", content=form(boundary, parts, spoiling, cut), headers=headers)
    assert 200 <= answer.status_code < 500, answer.text
    if answer.status_code != 201:
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert (set(left_in(store)), await counts(engine)) == before

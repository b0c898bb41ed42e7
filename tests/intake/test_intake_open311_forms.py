"""Forms of the Open311 façade with a photo, and whose requests and services a key reads."""

import httpx
import pytest

from contracts.roles import Role
from intake.attachments.files import picture
from intake.configuring import configuration, publish
from intake.conftest import TENANT, As
from intake.reports import report
from intake.test_intake_open311 import OPEN311, attachments, filed, form, staged
from runtime.lifecycle import Service

ELSEWHERE = "110105"
DOGS = {"service_code": "civility.dogs", "description": "狗不牵绳"}


@pytest.fixture
def key(as_: As) -> str:
    """A partner's API key."""
    return key_of(as_, "app-1")


def key_of(as_: As, subject: str, tenant: str = TENANT) -> str:
    return as_(Role.PARTNER, subject, tenant=tenant)["Authorization"].removeprefix("Bearer ")


async def test_several_choices_come_with_a_photo(client: httpx.AsyncClient, key: str, as_: As) -> None:
    fields = {**form(key, **DOGS), "attribute[conduct][]": ["unleashed", "barking"]}
    media = {"media": ("dog.png", picture("PNG"), "image/png")}
    answer = await client.post(f"{OPEN311}/requests.json", data=fields, files=media)
    assert answer.status_code == 201, answer.text
    (kept,) = (await client.get("complaints", params={"limit": 1}, headers=as_(Role.OPERATOR))).json()["items"]
    assert kept["attributes"] == {"conduct": ["unleashed", "barking"]}
    assert len(kept["attachments"]) == 1


async def test_what_is_no_answer_comes_once(client: httpx.AsyncClient, key: str) -> None:
    fields = {**form(key, **DOGS), "description": ["遛狗不牵绳", "另一只狗"]}
    media = {"media": ("dog.png", picture("PNG"), "image/png")}
    answer = await client.post(f"{OPEN311}/requests.json", data=fields, files=media)
    assert answer.status_code == 400
    assert answer.json()[0]["description"].startswith("description: ")


async def test_neither_refused_nor_repeated_photos_wait(client: httpx.AsyncClient, as_: As, service: Service) -> None:
    key = key_of(as_, "app-much-refused")
    before = await attachments(service)
    for _ in range(2):
        media = {"media": ("a.png", picture("PNG", (4, 4)), "image/png")}
        fields = form(key, **DOGS, **{"attribute[conduct]": "flying"})
        assert (await client.post(f"{OPEN311}/requests.json", data=fields, files=media)).status_code == 400
    assert await attachments(service) == before
    media = {"media": ("dog.png", picture("PNG"), "image/png")}
    first, second = [
        await client.post(
            f"{OPEN311}/requests.json", data=form(key, **DOGS), files=media, headers={"Idempotency-Key": "dog-1"}
        )
        for _ in range(2)
    ]
    assert (first.status_code, second.json()) == (201, first.json())
    assert await attachments(service) == before + 1
    assert staged(service) == []


async def test_what_has_no_category_yet_is_found_as_it_is_shown(client: httpx.AsyncClient, as_: As) -> None:
    headers = as_(Role.PARTNER, "app-uncategorised")
    own = headers["Authorization"].removeprefix("Bearer ")
    plain = await client.post("/complaints", json=report(category=..., description="嗯嗯"), headers=headers)
    assert plain.json()["category"] is None, plain.text
    other = await filed(client, own, service_code="other")
    lamp = await filed(client, own)

    async def found(services: str) -> list[tuple[str, str]]:
        answer = await client.get(f"{OPEN311}/requests.json", params={"service_code": services}, headers=headers)
        return [(each["service_request_id"], each["service_code"]) for each in answer.json()]

    open_ones = [(other, "other"), (plain.json()["number"], "other")]
    assert await found("other") == open_ones
    assert await found("other,facilities.lamps") == [(lamp, "facilities.lamps"), *open_ones]
    assert await found("facilities.lamps") == [(lamp, "facilities.lamps")]


async def test_a_key_reads_its_own_jurisdiction(client: httpx.AsyncClient, as_: As) -> None:
    admin = as_(Role.ADMIN, tenant=ELSEWHERE)
    given = configuration()
    given["categories"].append({"code": "hutong", "zh": "胡同", "en": "Hutong"})
    await publish(client, admin, given)
    key = key_of(as_, "app-1", ELSEWHERE)
    number = await filed(client, key, jurisdiction_id=ELSEWHERE, service_code="hutong")
    paths = ("services", "services/hutong", "requests", f"requests/{number}", f"tokens/{number}")
    for named, status in ((ELSEWHERE, 200), ("", 200), (TENANT, 404)):
        for path in paths:
            params = {"api_key": key, "jurisdiction_id": named}
            answer = await client.get(f"{OPEN311}/{path}.json", params=params)
            assert answer.status_code == status, (path, named, answer.text)
            assert status == 404 or "hutong" in answer.text or path.startswith("tokens")
    without = await client.get(f"{OPEN311}/services.json")
    assert (without.status_code, "hutong" in without.text) == (200, False)
    wrong = await client.get(f"{OPEN311}/services.json", params={"api_key": "wrong"})
    assert wrong.status_code == 403

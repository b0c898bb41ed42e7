"""Videos are served without the place that they tell, which stays as evidence for staff."""

import struct
from pathlib import Path

import httpx
import pytest

from contracts.roles import Role
from intake.attachments.files import left_in, upload, video
from intake.conftest import As
from runtime.lifecycle import Service

PLACE = b"+26.5807+107.2357/"


def located(brand: bytes) -> bytes:
    def box(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content) + 8) + name + content

    said = box(b"\xa9xyz", struct.pack(">HH", len(PLACE), 0) + PLACE)
    return box(b"ftyp", brand + bytes(4) + brand) + box(b"moov", box(b"udta", said)) + box(b"mdat", b"picture" * 9)


@pytest.mark.parametrize(
    ("brand", "media_type"),
    [
        (b"isom", "video/mp4"),
        (b"qt  ", "video/quicktime"),
        (b"M4A ", "audio/mp4"),
        (b"3gp4", "video/3gpp"),
        (b"isom", "audio/mp4"),
        (b"3gp4", "audio/3gpp"),
    ],
)
async def test_the_place_is_for_staff_alone(client: httpx.AsyncClient, as_: As, brand: bytes, media_type: str) -> None:
    content, reporter, officer = located(brand), as_(Role.CITIZEN), as_(Role.OFFICER)
    stored = await upload(client, reporter, content, name="VID.mp4", declared=media_type)
    assert (stored.status_code, stored.json()["media_type"]) == (201, media_type), stored.text
    assert stored.json()["evidence"] is None
    path = f"/attachments/{stored.json()['id']}"
    for headers in (reporter, officer):
        served = await client.get(path, headers=headers)
        assert served.headers["Content-Type"] == media_type
        assert len(served.content) == len(content)
        assert PLACE not in served.content
        assert b"picture" * 9 in served.content
    part = await client.get(path, headers=reporter | {"Range": f"bytes=0-{len(content) - 1}"})
    assert (part.status_code, PLACE in part.content) == (206, False)
    about = (await client.get(f"{path}/metadata", headers=officer)).json()
    assert about["evidence"] == {"lon": 107.2357, "lat": 26.5807, "taken_at": None, "device": None}
    assert (await client.get(f"{path}/original", headers=officer)).content == content
    assert (await client.get(f"{path}/original", headers=reporter)).status_code == 403


async def test_nothing_is_left_on_the_way(client: httpx.AsyncClient, as_: As, service: Service, store: Path) -> None:
    staged = service.app.state.attaching.staging.new().parent
    before = len(left_in(store))
    stored = await upload(client, as_(Role.CITIZEN), located(b"mp42"))
    assert stored.status_code == 201
    assert not [*staged.glob("*")]
    assert len(left_in(store)) == before + 2, "as it came, and as it is served"
    same = video()
    await upload(client, as_(Role.CITIZEN), same)
    served = await upload(client, as_(Role.CITIZEN), same)
    content = await client.get(f"/attachments/{served.json()['id']}", headers=as_(Role.CITIZEN))
    assert content.content == same

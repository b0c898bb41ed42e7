"""Photos that the work names: kept by intake, and missed by dispatch and ledger until they come."""

import base64
import hashlib
from datetime import timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from e2e.county import County
from e2e.people import People, body, eventually
from runtime.clock import now
from runtime.database import create_engine
from runtime.ids import uuid7

PIXELS = "iVBORw0KGgoAAAANSUhEUgAAABAAAAAMCAIAAADkharWAAAAF0lEQVR4nGM8YaPBQApgIkn1qIYRpAEAzVIBRIIMiW8AAAAASUVORK5CYII="
_KEPT_FOR = sa.text("SELECT kept_for FROM attachment WHERE id = :id")


async def begin(people: People, content: bytes) -> str:
    what = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "role": "after"}
    answer = await people.a("officer").post("/intake/v1/attachments/uploads", json=what)
    assert answer.status_code == 201, answer.text
    return str(body(answer)["id"])


async def send(people: People, photo: str, content: bytes) -> None:
    headers = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    path = f"/intake/v1/attachments/uploads/{photo}"
    answer = await people.a("officer").patch(path, content=content, headers=headers)
    assert answer.status_code == 201, answer.text


async def unknown(people: People, complaint: str) -> tuple[list[str], list[str]]:
    """Return what dispatch and the ledger miss."""
    case = body(await people.a("dispatcher").get(f"/dispatch/v1/cases/{complaint}"))
    return case["unknown_photos"], (await people.ledger(complaint)).get("unknown_photos", [])


async def test_the_case_and_the_verification_miss_a_photo_until_it_comes(people: People) -> None:
    content, made_up = base64.b64decode(PIXELS) + uuid4().bytes, str(uuid4())
    photo = await begin(people, content)
    complaint = (await people.report())["id"]
    await people.assigned(complaint)
    for action in ("accept", "start"):
        assert (await people.case(complaint, action)).status_code == 200
    helped = {"text": "已联系车主", "photos": [{"id": made_up, "role": "near"}]}
    assert (await people.case(complaint, "contributions", helped)).is_success
    done = {"handling_mode": "guidance", "result": "已挪车", "photos": [{"id": photo, "role": "after"}]}
    assert (await people.case(complaint, "resolve", done)).status_code == 200

    both = sorted([made_up, photo])

    async def missed(expected: list[str]) -> Any:
        return True if await unknown(people, complaint) == (expected, expected) else None

    await eventually(lambda: missed(both))
    listed = body(await people.a("dispatcher").get("/dispatch/v1/cases?unknown_photos=true&status=resolved"))
    assert complaint in [each["complaint_id"] for each in listed["items"]]

    await send(people, photo, content)
    await eventually(lambda: missed([made_up]))
    answer = await people.a("citizen").get(f"/intake/v1/attachments/{photo}/thumbnail")
    assert answer.status_code == 200


async def test_intake_keeps_the_photo_of_a_visit(county: County, people: People) -> None:
    content = base64.b64decode(PIXELS) + uuid4().bytes
    photo = await begin(people, content)
    await send(people, photo, content)
    officer = people.a("officer")
    window = {"begins_at": now().isoformat(), "ends_at": (now() + timedelta(hours=1)).isoformat()}
    plan = {"name": "早市", "kind": "daily_patrol", "team": "team-08", "points": [], **window}
    patrol = body(await officer.post("/dispatch/v1/patrols", json=plan))["id"]
    path = f"/dispatch/v1/patrols/{patrol}"
    assert (await officer.post(f"{path}/start", json={})).status_code == 200
    visit = {"id": str(uuid7()), "photos": [photo]}
    assert (await officer.post(f"{path}/visits", json=visit)).status_code == 201

    engine = create_engine(county.database("intake"), application_name="tests")

    async def kept() -> Any:
        async with engine.connect() as connection:
            return await connection.scalar(_KEPT_FOR, {"id": photo})

    assert str(await eventually(kept)) == visit["id"]
    await engine.dispose()

"""The walk of docs/attachments.md, as it is printed."""

from pathlib import Path

from e2e.county import County
from e2e.people import People, eventually
from e2e.printed import prelude, run, section


async def test_a_resident_and_an_officer_upload_photos(county: County, people: People, tmp_path: Path) -> None:
    walk = section("docs/attachments.md", "A walk").replace("CASE=$URL", f"{WAIT}\nCASE=$URL")
    printed = run(county, prelude(county) + walk + "\necho; echo $COMPLAINT $AFTER", tmp_path)
    complaint, after = printed.split()[-2:]

    async def seen() -> list[str] | None:
        answer = await people.a("citizen").get(f"/intake/v1/complaints/{complaint}/attachments")
        roles = [item["role"] for item in answer.json()["items"]]
        return roles if len(roles) == 2 else None

    assert await eventually(seen) == ["near", "after"]
    assert (await people.a("citizen").get(f"/intake/v1/attachments/{after}")).status_code == 200
    assert '"offset":1000,"size":3006' in printed
    assert '"media_type":"audio/amr"' in printed
    assert (tmp_path / "served.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "thumbnail.jpg").read_bytes().startswith(b"\xff\xd8")


WAIT = """
for _ in $(seq 100); do
  curl -sS -f -o case.json $URL/dispatch/v1/cases/$COMPLAINT -H "$(as officer)" 2> not-yet.txt && break
  sleep 0.1
done"""
"""A machine that is busy needs more than the second that the document speaks of."""

"""Lists that look for cases that go on and for those that have ended, each by itself, are one list."""

from urllib.parse import urlencode

import pytest

from dispatch.world import TOWN, World, received

ENDINGS = ("closed", "assigned", "withdrawn", "closed", "resolved", "assigned", "closed", "verified")
NARROW = (
    {"category": "ended.mix"},
    {"category": "ended.mix", "community": "community-08"},
    {"category": "ended.mix", "grid": "grid-08"},
    {"category": "ended.mix", "bbox": "107.2,26.5,107.3,26.6"},
)


@pytest.mark.parametrize("limit", [1, 3, 200])
async def test_they_come_in_the_order_of_receipt_whatever_has_become_of_them(world: World, limit: int) -> None:
    await world.run("DELETE FROM dispatch_case WHERE category = 'ended.mix'")
    events = [received(TOWN, category="ended.mix") for _ in ENDINGS]
    await world.deliver(*events)
    for event, status in zip(events, ENDINGS, strict=True):
        await world.run(
            "UPDATE dispatch_case SET status = :status WHERE complaint_id = :id", status=status, id=event.subject
        )

    async def listed(*pairs: tuple[str, str]) -> list[str]:
        url: str | None = f"/dispatch/v1/cases?{urlencode([*pairs, ('limit', str(limit))])}"
        found: list[str] = []
        while url is not None:
            response = await world.send("GET", url, role="analyst")
            assert response.status_code == 200, response.text
            found += [item["complaint_id"] for item in response.json()["items"]]
            url = response.links["next"]["url"] if "next" in response.links else None
        return found

    def having(*statuses: str) -> list[str]:
        pairs = zip(reversed(events), reversed(ENDINGS), strict=True)
        return [str(event.subject) for event, status in pairs if not statuses or status in statuses]

    for narrow in NARROW:
        assert await listed(*narrow.items()) == having()
        for statuses in (("closed",), ("assigned",), ("closed", "assigned"), ("withdrawn", "verified", "resolved")):
            query = [*narrow.items(), *(("status", status) for status in statuses)]
            assert await listed(*query) == having(*statuses)

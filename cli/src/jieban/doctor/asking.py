"""Asks each service for its own facts over REST."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx

from eventbus.books import Bucket, Line
from jieban.rest import call
from jieban.services import ServiceName


@dataclass(frozen=True)
class Period:
    """Events made at or after `start` and before `end`."""

    start: datetime
    end: datetime

    def query(self) -> dict[str, str]:
        """Return the query parameters."""
        return {"from": self.start.isoformat(), "to": self.end.isoformat()}


@dataclass(frozen=True)
class Facts:
    """What one service says of itself."""

    service: ServiceName
    complete_since: datetime
    published: Sequence[Bucket]
    types: frozenset[str]
    """What it takes from the others."""
    applied: Sequence[Bucket]
    parked: frozenset[UUID]
    """Ids of the events that are parked there."""
    state: Mapping[str, Any]


class Source:
    """One service, asked over REST; every question raises `UserError` where it does not answer."""

    def __init__(self, service: ServiceName, client: httpx.Client) -> None:
        """`client` has the service's address and the token of an administrator."""
        self.service = service
        self._client = client

    def facts(self, period: Period) -> Facts:
        """Ask for everything but the events one by one."""
        published, applied = self._get("reconciliation/published", period), self._get("reconciliation/applied", period)
        return Facts(
            service=self.service,
            complete_since=datetime.fromisoformat(published["complete_since"]),
            published=_buckets(published),
            types=frozenset(applied["types"]),
            applied=_buckets(applied),
            parked=frozenset(
                UUID(item["event_id"]) for item in self._pages("parked", {"limit": "200"}) if item["event_id"]
            ),
            state=self._get("reconciliation/state"),
        )

    def published(self, period: Period, types: Iterable[str]) -> Iterator[Line]:
        """Go through the events that the service published."""
        for item in self._pages("reconciliation/published/events", {**period.query(), "type": sorted(types)}):
            yield Line(UUID(item["id"]), item["type"], item["subject"], item["state"], item["tenant"])

    def applied(self, period: Period) -> Iterator[UUID]:
        """Go through the ids of the events that the service applied."""
        return map(UUID, self._pages("reconciliation/applied/events", period.query()))

    def reconciliation(self, period: Period) -> Mapping[str, Any]:
        """Ask the ledger whether it fits together."""
        return self._get("reconciliation", period)

    def unsettled(self) -> Mapping[str, Any]:
        """Ask the ledger which matters of the operating tenant have no place."""
        return self._get("unsettled/summary")

    def recount(self) -> Mapping[str, Any]:
        """Ask the ledger whether yesterday's figures are what the complaints come to."""
        return self._get("statistics/recount")

    def _get(self, path: str, period: Period | None = None) -> Mapping[str, Any]:
        query = period.query() if period else {}
        answer: Mapping[str, Any] = call(self._client, "GET", f"/{self.service}/v1/{path}", params=query).json()
        return answer

    def _pages(self, path: str, query: Mapping[str, Any]) -> Iterator[Any]:
        page = call(self._client, "GET", f"/{self.service}/v1/{path}", params=query)
        yield from page.json()["items"]
        while "next" in page.links:
            page = call(self._client, "GET", page.links["next"]["url"])
            yield from page.json()["items"]


def _buckets(answer: Mapping[str, Any]) -> list[Bucket]:
    return [
        Bucket(
            datetime.fromisoformat(each["hour"]),
            each["type"],
            each["events"],
            int(each["digest"], 16),
            each.get("waiting", 0),
            each.get("set_aside", 0),
        )
        for each in answer["buckets"]
    ]

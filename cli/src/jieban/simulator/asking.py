"""Asks dispatch for the county and for the cases and duties of a period."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from dispatch_service.api.planning_schemas import CountyView, PastCaseView
from dispatch_service.api.roster_schemas import DutyView
from jieban.errors import UserError
from jieban.rest import call
from operations.pages import Page

_Item = TypeVar("_Item", bound=BaseModel)
_PAGE = "200"


class Dispatch:
    """A running dispatch."""

    def __init__(self, client: httpx.Client) -> None:
        """`client` knows the address and the caller."""
        self._client = client

    def county(self) -> CountyView:
        """Return the county as it is now."""
        return _read(CountyView, call(self._client, "GET", "/dispatch/v1/planning/county"))

    def cases(self, begin: datetime, end: datetime) -> Iterator[list[PastCaseView]]:
        """Yield the cases received from `begin` until before `end`, the newest first, some at a time."""
        yield from self._pages(Page[PastCaseView], "/dispatch/v1/planning/cases", begin, end)

    def duties(self, begin: datetime, end: datetime) -> Iterator[DutyView]:
        """Yield the duties that touch the time from `begin` to `end` and that somebody does."""
        for page in self._pages(Page[DutyView], "/dispatch/v1/rosters", begin, end):
            yield from (duty for duty in page if duty.state == "planned")

    def _pages(self, page: type[Page[_Item]], path: str, begin: datetime, end: datetime) -> Iterator[list[_Item]]:
        query: Mapping[str, str] = {"from": begin.isoformat(), "to": end.isoformat(), "limit": _PAGE}
        answer = call(self._client, "GET", path, params=query)
        yield _read(page, answer).items
        while "next" in answer.links:
            answer = call(self._client, "GET", answer.links["next"]["url"])
            yield _read(page, answer).items


def _read(kind: type[_Item], answer: httpx.Response) -> _Item:
    try:
        return kind.model_validate_json(answer.content)
    except ValidationError as error:
        raise UserError(
            f"{answer.request.url.path} answers otherwise than this program expects: is it of another version? "
            f"({error.error_count()} differences)"
        ) from error

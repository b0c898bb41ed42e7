"""Headers that routes are given, without the framework's way of dependencies (`runtime.http.quick`)."""

from collections.abc import Callable
from inspect import Parameter, Signature
from typing import Annotated

from fastapi import Header, Request


class HeaderText:
    """A dependency that gives a route the text of a header, or None if the request has none."""

    def __init__(self, name: str, description: str, check: Callable[[str | None], str | None]) -> None:
        """`name` in lower case; `check` returns what it is given, or raises `Problem` for a text that will not do."""
        self._name = name
        self._check = check
        kind = Annotated[str | None, Header(alias=name, description=description)]
        self.__signature__ = Signature([Parameter("given", Parameter.KEYWORD_ONLY, default=None, annotation=kind)])

    async def __call__(self, given: str | None = None) -> str | None:
        """Return it as FastAPI has read it."""
        return self._check(given)

    async def from_request(self, request: Request) -> str | None:
        """Return it without FastAPI."""
        return self._check(request.headers.get(self._name))

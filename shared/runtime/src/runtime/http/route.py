"""Routes that know the caller before they read the body, and read JSON strictly."""

import re
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.params import Body, Form
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect

from runtime.auth.caller import Caller
from runtime.auth.guards import guard_of
from runtime.http.query_names import checker
from runtime.http.quick import refuse_threads, slim
from runtime.http.strict_json import parse_json
from runtime.problems import Problem

_JSON_TYPE = re.compile(rb"application/(?:[a-z0-9.-]+\+)?json")

_FORM_TYPE = b"multipart/form-data"
_OF_FORM = "of_form"

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
FormHandler = Callable[[Request, Caller], Coroutine[Any, Any, Response]]


def takes_form(handle: FormHandler) -> Callable[[Endpoint], Endpoint]:
    """Mark an endpoint with a JSON body: a request that is a form goes to `handle` instead, before its body is read.

    The endpoint's guard has let the caller through by then.
    """

    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _OF_FORM, handle)
        return endpoint

    return mark


def is_form(content_type: bytes) -> bool:
    """Say whether that declares a body as multipart/form-data."""
    return content_type[: len(_FORM_TYPE)].lower() == _FORM_TYPE


class StrictRoute(APIRoute):
    """An API route whose steps are, in this order: who calls, are all parameters known, is the body JSON, the handler.

    Where everybody may call, unknown parameters are passed over: whatever shares a link may add some.
    """

    def get_route_handler(self) -> Handler:
        """Return the framework's handler with our own steps before it."""
        refuse_threads(self.dependant)
        whole, self.dependant = self.dependant, slim(self.dependant)
        try:
            handle = super().get_route_handler()
        finally:
            self.dependant = whole
        guard = guard_of(whole)
        check_names = checker(whole)
        body_info = self.body_field.field_info if self.body_field else None
        takes_json = isinstance(body_info, Body) and not isinstance(body_info, Form)
        needs_body = takes_json and body_info is not None and body_info.is_required()
        if guard is None and not takes_json:
            return handle
        of_form: FormHandler | None = getattr(self.endpoint, _OF_FORM, None)

        async def strict(request: Request) -> Response:
            content_type = _content_type(request) if takes_json else b""
            if guard is not None:
                caller = await guard(request)
                check_names(request)
                if of_form is not None and is_form(content_type):
                    return await of_form(request, caller)
            if takes_json:
                # Where the framework looks first: it neither reads nor parses the body again.
                request._body = body = await _read(request)
                if body:
                    _check_media_type(content_type)
                    request._json = parse_json(body)
                elif needs_body:
                    raise Problem(400, "body-missing")
            return await handle(request)

        return strict


def _content_type(request: Request) -> bytes:
    """Return what a request declares its body to be, the first time that it does; nothing where it does not."""
    for name, value in request.scope["headers"]:
        if name == b"content-type":
            declared: bytes = value
            return declared
    return b""


def _check_media_type(content_type: bytes) -> None:
    """Raise `Problem` 415 unless the body is declared as JSON in UTF-8."""
    if content_type != b"application/json" and not _is_json_type(content_type):
        raise Problem(415, "media-type-unsupported", headers={"Accept": "application/json"})


def _is_json_type(value: bytes) -> bool:
    media_type, *parameters = (part.strip().lower() for part in value.split(b";"))
    if _JSON_TYPE.fullmatch(media_type) is None:
        return False
    charsets = [part.partition(b"=")[2].strip(b' "') for part in parameters if part.startswith(b"charset")]
    return all(charset in {b"utf-8", b"utf8"} for charset in charsets)


async def _read(request: Request) -> bytes:
    """Return the whole body; how long its pieces may take is the server's business (`runtime.server`)."""
    parts = []
    while (message := await request.receive())["type"] == "http.request":
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)
    raise ClientDisconnect

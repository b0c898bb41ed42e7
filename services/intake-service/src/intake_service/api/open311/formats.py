"""JSON and XML as GeoReport v2 has them: bare lists, no nulls, errors as lists of code and description."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from xml.etree.ElementTree import Element, SubElement, tostring

import orjson
from fastapi import APIRouter, Request, Response

from runtime.problems import Problem
from runtime.problems.catalogue import field_text, problem_text
from runtime.problems.language import preferred_language

PREFIX = "/open311/v2"
Fields = Mapping[str, Any]
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
_ITEMS = {"attributes": "attribute", "values": "value", "endpoints": "endpoint", "formats": "format"}
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_STATUSES = {401: 403, 409: 400, 412: 400, 422: 400}
"""The standard knows 404 for what does not exist, 403 for a bad key and 400 for all else that a client does wrong."""


def both(method: Callable[..., Any], path: str, **options: Any) -> Callable[[Endpoint], Endpoint]:
    """Return a decorator that adds a route for either format; `method` is that of a router."""

    def add(endpoint: Endpoint) -> Endpoint:
        for suffix in ("json", "xml"):
            method(f"{path}.{suffix}", response_class=Response, **options)(endpoint)
        return endpoint

    return add


def listed(request: Request, root: str, item: str, rows: Sequence[Fields], status: int = 200) -> Response:
    """Return a list in the format that the address asks for."""
    if not _is_xml(request):
        return _json([_told(row) for row in rows], status)
    top = Element(root)
    for row in rows:
        _fill(SubElement(top, item), row)
    return _xml(top, status)


def single(request: Request, root: str, fields: Fields) -> Response:
    """Return one object in the format that the address asks for."""
    if not _is_xml(request):
        return _json(_told(fields), 200)
    top = Element(root)
    _fill(top, fields)
    return _xml(top, 200)


def render(problem: Problem, request: Request) -> Response:
    """Return a problem as the standard has errors: one for each wrong input, else one for the whole."""
    language = preferred_language(request.headers.get("accept-language"))
    status = _STATUSES.get(problem.status, problem.status)
    texts = [
        f"{e.pointer.removeprefix('query').lstrip('/')}: {field_text(e.code, language, e.params)}"
        for e in problem.errors
    ]
    texts = texts or [problem_text(problem.code, language, problem.params)[1]]
    answer = listed(request, "errors", "error", [{"code": status, "description": text} for text in texts], status)
    answer.headers.update({**problem.headers, "Content-Language": language, "Vary": "Accept-Language"})
    return answer


def router() -> APIRouter:
    """Return a router below the façade's address."""
    return APIRouter(prefix=PREFIX, tags=["open311"])


def _is_xml(request: Request) -> bool:
    return str(request.scope["path"]).endswith(".xml")


def _told(fields: Fields) -> dict[str, Any]:
    return {name: _bare(value) for name, value in fields.items() if value is not None}


def _bare(value: Any) -> Any:
    return [_told(item) if isinstance(item, dict) else item for item in value] if isinstance(value, list) else value


def _json(content: Any, status: int) -> Response:
    body = orjson.dumps(content, option=orjson.OPT_UTC_Z)
    return Response(body, status, media_type="application/json; charset=utf-8")


def _xml(top: Element, status: int) -> Response:
    body = tostring(top, encoding="utf-8", xml_declaration=True)
    return Response(body, status, media_type="text/xml; charset=utf-8")


def _fill(element: Element, fields: Fields) -> None:
    for name, value in _told(fields).items():
        child = SubElement(element, name)
        if isinstance(value, list):
            for item in value:
                inner = SubElement(child, _ITEMS[name])
                if isinstance(item, dict):
                    _fill(inner, item)
                else:
                    inner.text = _text(item)
        else:
            child.text = _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", str(value))

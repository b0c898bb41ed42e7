"""How problems appear in OpenAPI."""

from typing import Any

_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:jieban:problem:validation-failed"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "message"],
                "properties": {
                    "pointer": {"type": "string", "examples": ["/location/lon"]},
                    "code": {"type": "string", "examples": ["less_than_equal"]},
                    "message": {"type": "string"},
                },
            },
        },
        "request_id": {"type": "string"},
    },
}

_DESCRIPTIONS = {
    400: "The request is malformed: JSON, header, cursor or URL.",
    401: "The bearer token is missing, not valid or expired.",
    403: "The caller's roles do not allow this.",
    404: "Nothing here, or not for this caller.",
    409: "The present state does not allow this; the answer names the state.",
    412: "Changed in the meantime: `If-Match` names an old version.",
    413: "The body is too large.",
    415: "The body is not `application/json`.",
    422: "The content is not valid, or the idempotency key was used for another request.",
    429: "Too many requests; see `Retry-After`.",
    503: "Briefly unavailable; see `Retry-After`.",
}

PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {"application/problem+json": {"schema": _SCHEMA}}}
    for status, text in _DESCRIPTIONS.items()
}
"""For `responses=` of a router or route: every problem a route may answer with."""

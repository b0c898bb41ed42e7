"""What refused requests are told."""

import httpx


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the code of a problem."""
    return answer.status_code, answer.json()["type"].removeprefix("urn:jieban:problem:")


def errors_of(answer: httpx.Response) -> list[tuple[str, str]]:
    """Return the pointers and codes of what was wrong with a request."""
    assert answer.status_code == 422, answer.text
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]

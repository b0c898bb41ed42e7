"""Entity tags from versions, and writes that name the version they saw."""

import re
from typing import Annotated

from fastapi import Depends, Header

from runtime.problems import Problem

_TAG = re.compile(r'"(0|[1-9][0-9]{0,17})"', re.ASCII)
_NEVER = -1
"""A version that no row has."""


def etag(version: int) -> str:
    """Return the entity tag of a version: 3 is `"3"`, with the quotes."""
    return f'"{version}"'


def is_among(tag: str, if_none_match: str) -> bool:
    """Say whether a caller has an answer already, by `If-None-Match`: weak tags count as strong (RFC 9110, 13.1.2)."""
    plain = tag.removeprefix("W/")
    return any(each.strip().removeprefix("W/") == plain for each in if_none_match.split(","))


async def if_match(
    if_match: Annotated[
        str | None,
        Header(description='The `ETag` last read, such as `"3"`: the write answers 412 if it is not the newest.'),
    ] = None,
) -> int | None:
    """Return the version that the caller saw, None for `*` or no header; `Problem` 400 for anything but one tag.

    A weak tag never matches (RFC 9110, 13.1.1).
    """
    if if_match is None or if_match == "*":
        return None
    tag = _TAG.fullmatch(if_match.removeprefix("W/"))
    if tag is None:
        raise Problem(
            400,
            "header-invalid",
            header="If-Match",
            reason_zh='应为一个实体标签，如 "3"',
            reason_en='one tag such as "3"',
        )
    return _NEVER if if_match.startswith("W/") else int(tag[1])


IfMatch = Annotated[int | None, Depends(if_match)]
"""The version that a write refers to, for route signatures."""


def check(if_match: int | None, version: int) -> None:
    """Raise `Problem` 412 with the present tag if the caller saw another version than the present one."""
    if if_match is not None and if_match != version:
        present = etag(version)
        raise Problem(
            412, "precondition-failed", headers={"ETag": present}, extra={"current_etag": present}, etag=present
        )

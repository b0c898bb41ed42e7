"""The device that a report comes from: an id that its app has made up once and keeps."""

import hashlib
import re
from typing import Annotated

from fastapi import Depends

from runtime.auth import Caller
from runtime.header_text import HeaderText
from runtime.problems import Problem

_ID = re.compile(r"[\x21-\x7e]{8,128}")
_NO_NAME = re.compile(
    r"[-_.:(){}]*(?:(?:null|nil|none|nan|undefined|unknown|device|id)[-_.:(){}]*){1,4}", re.IGNORECASE
)
_BETWEEN = frozenset("-:{}")


def checked(given: str | None) -> str | None:
    """Return the id; `Problem` 400 for one that is none.

    None for what apps send that have no id: it would make one device of all who use such an app.
    """
    if given is None or _NO_NAME.fullmatch(given):
        return None
    if _ID.fullmatch(given) is None:
        raise Problem(400, "device-id-invalid")
    return None if len(set(given) - _BETWEEN) < 2 else given


def digest_of(device: str | None, caller: Caller) -> bytes | None:
    """Return what is kept of it: 16 bytes, other ones in each tenant."""
    return None if device is None else hashlib.sha256(f"{caller.tenant}\n{device}".encode()).digest()[:16]


device_of = HeaderText(
    "x-device-id", "8 to 128 visible ASCII characters that stand for the device, such as a random UUID.", checked
)
"""For whoever asks without FastAPI."""
DeviceId = Annotated[str | None, Depends(device_of)]
"""The device of a request, for route signatures."""

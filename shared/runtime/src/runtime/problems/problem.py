"""The exception that becomes a problem+json answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

_NOTHING: Mapping[str, object] = MappingProxyType({})
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one input.

    `pointer` is a JSON pointer into the body (`/location/lon`, the whole body is the empty string), or names another
    part of the request without a leading slash (`query/limit`, `path/id`, `header/if-match`).
    """

    pointer: str
    code: str
    params: Mapping[str, object] = field(default_factory=dict)


class Problem(Exception):
    """An answer that is not a success: status, a code of the catalogue, and values for its texts.

    Texts have moments among the values by the county's clock; `extra` is for machines, and goes into the answer as it
    is.
    """

    def __init__(
        self,
        status: int,
        code: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] = _NO_HEADERS,
        extra: Mapping[str, object] = _NOTHING,
        **params: object,
    ) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.errors = tuple(errors)
        self.headers = headers
        self.extra = extra
        self.params = params

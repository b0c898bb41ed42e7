"""The caller as the rest of the code sees it, and how the claims of a token become one."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_MAX_TEXT = 255
_MAX_ROLES = 32


class ClaimsError(ValueError):
    """A token is signed as it should be but does not say who is calling."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Someone with a valid token. All they read and write belongs to their tenant."""

    subject: str
    tenant: str
    roles: frozenset[str]
    expires_at: float = field(default=math.inf, compare=False)
    """When the token does, in seconds since 1970: an answer that goes on for long ends then."""

    def has(self, *roles: str) -> bool:
        """Say whether the caller has at least one of the roles."""
        return not self.roles.isdisjoint(roles)


def caller_of(claims: Mapping[str, Any]) -> Caller:
    """Return the caller that the claims `sub`, `tenant`, `exp` and `roles` (Keycloak's `realm_access.roles`) name."""
    return Caller(_text(claims, "sub"), _text(claims, "tenant"), _roles(claims), float(claims.get("exp", math.inf)))


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= _MAX_TEXT or not value.isprintable():
        raise ClaimsError(f"the claim {name} must be a text of 1 to {_MAX_TEXT} printable characters")
    return value


def _roles(claims: Mapping[str, Any]) -> frozenset[str]:
    roles = claims.get("roles")
    realm = claims.get("realm_access")
    if roles is None and isinstance(realm, Mapping):
        roles = realm.get("roles")
    if not isinstance(roles, list) or len(roles) > _MAX_ROLES or not all(isinstance(role, str) for role in roles):
        raise ClaimsError(f"the claim roles must be a list of at most {_MAX_ROLES} texts")
    return frozenset(roles)

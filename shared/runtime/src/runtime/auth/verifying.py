"""Checking bearer tokens."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import jwt

from runtime.auth.caller import Caller, ClaimsError, caller_of
from runtime.auth.issuing import LOCAL_ALGORITHM, LOCAL_AUDIENCE, LOCAL_ISSUER
from runtime.auth.oidc import OIDC_ALGORITHMS, OidcIssuer
from runtime.problems import Problem
from runtime.settings import RuntimeSettings

MAX_TOKEN_BYTES = 8192
_CACHED_TOKENS = 4096
_CLOCK_SKEW_SECONDS = 30
_TOKEN_TYPES = frozenset({"jwt", "at+jwt"})
_REFUSED_HEADERS = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc"})
"""A key or a rule that comes with the token itself is never followed."""
_REQUIRED_CLAIMS = ["exp", "iat", "iss", "aud", "sub"]
_CHALLENGES = {
    "token-missing": 'Bearer realm="jieban"',
    "token-invalid": 'Bearer realm="jieban", error="invalid_token"',
    "token-expired": 'Bearer realm="jieban", error="invalid_token", error_description="expired"',
}


def refused(code: str) -> Problem:
    """Return the 401 of a missing, invalid or expired token; it does not tell what exactly is wrong with one."""
    return Problem(401, code, headers={"WWW-Authenticate": _CHALLENGES[code]})


class TokenVerifier:
    """Takes tokens of the local issuer (HS256), of one OpenID Connect provider (RS256, ES256), or of both.

    A token that was taken is remembered until it expires, so that a repeat costs a dictionary look-up.
    """

    def __init__(self, settings: RuntimeSettings, clock: Callable[[], float] = time.time) -> None:
        if settings.token_secret is None and settings.oidc_issuer is None:
            raise ValueError("set JIEBAN_TOKEN_SECRET or JIEBAN_OIDC_ISSUER: without one no token can be checked")
        self._secret = settings.token_secret.get_secret_value() if settings.token_secret else None
        self._oidc = OidcIssuer(settings.oidc_issuer) if settings.oidc_issuer else None
        self._oidc_audience = settings.oidc_audience
        self._clock = clock
        self._taken: OrderedDict[str, tuple[Caller, float]] = OrderedDict()

    async def authenticate(self, token: str) -> Caller:
        """Like `verify`, without holding up the event loop while the provider's keys are fetched."""
        caller = self._remembered(token)
        if caller is not None:
            return caller
        if self._oidc is not None and not self._oidc.knows(_key_id(token)):
            return await asyncio.to_thread(self.verify, token)
        return self.verify(token)

    def verify(self, token: str) -> Caller:
        """Return who the token belongs to.

        Raises `Problem` 401 `token-missing`, `token-invalid` or `token-expired`, and 503 `issuer-unavailable` if the
        identity provider cannot be asked for its keys.
        """
        caller = self._remembered(token)
        if caller is not None:
            return caller
        if not token:
            raise refused("token-missing")
        claims = self._checked_claims(token)
        try:
            caller = caller_of(claims)
        except ClaimsError as error:
            raise refused("token-invalid") from error
        self._remember(token, caller, float(claims["exp"]))
        return caller

    def _checked_claims(self, token: str) -> Mapping[str, Any]:
        try:
            if len(token) > MAX_TOKEN_BYTES or not token.isascii():
                raise jwt.InvalidTokenError
            header = jwt.get_unverified_header(token)
            _check_header(header)
            if header["alg"] == LOCAL_ALGORITHM:
                return self._local_claims(token)
            return self._oidc_claims(token, header)
        except jwt.ExpiredSignatureError as error:
            raise refused("token-expired") from error
        except (jwt.PyJWTError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
            raise refused("token-invalid") from error

    def _local_claims(self, token: str) -> Mapping[str, Any]:
        if self._secret is None:
            raise jwt.InvalidAlgorithmError
        return jwt.decode(
            token,
            self._secret,
            algorithms=[LOCAL_ALGORITHM],
            issuer=LOCAL_ISSUER,
            audience=LOCAL_AUDIENCE,
            options={"require": _REQUIRED_CLAIMS},
        )

    def _oidc_claims(self, token: str, header: Mapping[str, Any]) -> Mapping[str, Any]:
        if self._oidc is None or header["alg"] not in OIDC_ALGORITHMS:
            raise jwt.InvalidAlgorithmError
        return jwt.decode(
            token,
            self._oidc.key(header.get("kid"), header["alg"]),
            algorithms=[header["alg"]],
            issuer=self._oidc.issuer,
            audience=self._oidc_audience,
            leeway=_CLOCK_SKEW_SECONDS,
            options={"require": _REQUIRED_CLAIMS},
        )

    def _remembered(self, token: str) -> Caller | None:
        taken = self._taken.get(token)
        if taken is None or taken[1] <= self._clock():
            return None
        self._taken.move_to_end(token)
        return taken[0]

    def _remember(self, token: str, caller: Caller, expires_at: float) -> None:
        self._taken[token] = (caller, expires_at)
        while len(self._taken) > _CACHED_TOKENS:
            self._taken.popitem(last=False)


def _key_id(token: str) -> str | None:
    """Return the id of the key that a token says it is signed with, None where it says none."""
    try:
        key_id: str | None = jwt.get_unverified_header(token).get("kid")
    except (jwt.PyJWTError, ValueError, RecursionError):
        return None
    return key_id


def _check_header(header: Mapping[str, Any]) -> None:
    if not isinstance(header.get("alg"), str) or not _REFUSED_HEADERS.isdisjoint(header):
        raise jwt.InvalidTokenError
    if str(header.get("typ", "JWT")).lower() not in _TOKEN_TYPES:
        raise jwt.InvalidTokenError

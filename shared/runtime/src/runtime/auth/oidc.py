"""The public keys of an OpenID Connect provider."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import jwt
import structlog

from runtime.problems import Problem

log = structlog.get_logger()

OIDC_ALGORITHMS = frozenset({"RS256", "ES256"})
_KEY_TYPES = {"RS256": "RSA", "ES256": "EC"}
_FETCH_TIMEOUT_SECONDS = 5.0
_MAX_DOCUMENT_BYTES = 1_000_000
_FRESH_SECONDS = 600.0
_RETRY_SECONDS = 30.0
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

Keys = Mapping[str | None, jwt.PyJWK]
Fetch = Callable[[str], Mapping[str, Any]]


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_arguments: object, **_options: object) -> None:
        """Refuse: the provider's documents live where its issuer name says."""
        return


def fetch_document(url: str) -> Mapping[str, Any]:
    """Return a JSON object from an https address (or http on this machine); an error if there is none."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ValueError("identity providers are asked over https only")
    request = Request(url, headers={"Accept": "application/json"})  # noqa: S310 - the scheme was checked above
    with build_opener(_NoRedirects).open(request, timeout=_FETCH_TIMEOUT_SECONDS) as answer:
        document = json.loads(answer.read(_MAX_DOCUMENT_BYTES))
    if not isinstance(document, dict):
        raise TypeError("the identity provider did not answer with a JSON object")
    return document


class OidcIssuer:
    """Keys found by discovery, fetched again every ten minutes and when a token names one that is not known."""

    def __init__(self, issuer: str, fetch: Fetch = fetch_document, clock: Callable[[], float] = time.monotonic) -> None:
        self.issuer = issuer
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: Keys = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")

    def knows(self, key_id: object) -> bool:
        """Say whether `key` returns that key without asking the provider."""
        return self._is_fresh() and key_id in self._keys

    def key(self, key_id: object, algorithm: str) -> jwt.PyJWK:
        """Return the signing key of that id and kind; blocks while keys are fetched.

        Raises `jwt.InvalidKeyError` if there is none, `Problem` 503 if no keys can be had.
        """
        if not self.knows(key_id):
            self._refresh()
        found = self._keys.get(key_id) if isinstance(key_id, str | None) else None
        if found is None or found.key_type != _KEY_TYPES[algorithm]:
            raise jwt.InvalidKeyError("the provider has no such key")
        return found

    def _is_fresh(self) -> bool:
        return self._clock() - self._fetched_at < _FRESH_SECONDS

    def _refresh(self) -> None:
        with self._lock:
            if self._clock() - self._tried_at < _RETRY_SECONDS:
                self._need_keys()
                return
            self._tried_at = self._clock()
            try:
                self._keys = self._download()
                self._fetched_at = self._clock()
            except (OSError, ValueError, KeyError, TypeError, URLError) as error:
                log.warning("identity_provider_unreachable", issuer=self.issuer, error=type(error).__name__)
                self._need_keys()

    def _need_keys(self) -> None:
        """Go on with the keys of before: a provider that is away for a while locks nobody out."""
        if not self._keys:
            raise Problem(503, "issuer-unavailable", headers={"Retry-After": "5"})

    def _download(self) -> Keys:
        discovery = self._fetch(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        if discovery["issuer"] != self.issuer:
            raise ValueError("the discovery document names another issuer")
        keys = {}
        for item in self._fetch(discovery["jwks_uri"])["keys"]:
            if item.get("use", "sig") == "sig" and item.get("kty") in _KEY_TYPES.values():
                keys[item.get("kid")] = jwt.PyJWK.from_dict(item)
        return keys

import json
import threading
from collections.abc import Mapping
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from runtime.auth import TokenVerifier
from runtime.auth.oidc import OidcIssuer, fetch_document
from runtime.clock import now
from runtime.problems import Problem
from runtime.settings import RuntimeSettings

ISSUER = "https://id.example/realms/guiding"
RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def jwks() -> list[dict[str, Any]]:
    rsa_key = json.loads(RSAAlgorithm.to_jwk(RSA_KEY.public_key()))
    ec_key = json.loads(ECAlgorithm.to_jwk(EC_KEY.public_key()))
    return [
        {**rsa_key, "kid": "r", "use": "sig", "alg": "RS256"},
        {**ec_key, "kid": "e", "use": "sig", "alg": "ES256"},
        {**rsa_key, "kid": "encryption", "use": "enc"},
        {"kty": "oct", "kid": "o", "k": "c2VjcmV0"},
    ]


class Provider:
    def __init__(self) -> None:
        self.is_away = False
        self.calls = 0
        self.threads = set[int]()
        self.time = 0.0
        self.documents: dict[str, Mapping[str, Any]] = {
            f"{ISSUER}/.well-known/openid-configuration": {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"},
            f"{ISSUER}/keys": {"keys": jwks()},
        }

    def fetch(self, url: str) -> Mapping[str, Any]:
        self.calls += 1
        self.threads.add(threading.get_ident())
        if self.is_away:
            raise ConnectionRefusedError
        return self.documents[url]


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def verifier(provider: Provider) -> TokenVerifier:
    verifier = TokenVerifier(RuntimeSettings(token_secret=None, oidc_issuer=ISSUER))
    verifier._oidc = OidcIssuer(ISSUER, provider.fetch, lambda: provider.time)
    return verifier


def token(key: Any = RSA_KEY, algorithm: str = "RS256", kid: str | None = "r", **changes: Any) -> str:
    at = int(now().timestamp())
    claims = {"iss": ISSUER, "aud": ["account", "jieban"], "sub": "u1", "tenant": "522723", "iat": at, "exp": at + 3600}
    claims["realm_access"] = {"roles": ["officer"]}
    claims.update(changes)
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid} if kid else None)


def test_takes_both_kinds_of_signature(verifier: TokenVerifier) -> None:
    assert verifier.verify(token()).roles == {"officer"}
    assert verifier.verify(token(EC_KEY, "ES256", "e", roles=["dispatcher"])).roles == {"dispatcher"}


@pytest.mark.parametrize(
    "forged",
    [
        token(kid="unknown"),
        token(kid="../../dev/null"),
        token(kid="' or 1=1"),
        token(kid=None),
        token(kid="encryption"),
        token(kid="e"),
        token(kid="o"),
        token(algorithm="RS512"),
        token(algorithm="PS256"),
        token("c2VjcmV0" * 8, "HS256", "o"),
        token(iss="https://evil.example"),
        token(aud="other"),
        token(rsa.generate_private_key(65537, 2048)),
        token(nbf=int(now().timestamp()) + 3000),
    ],
)
def test_refuses_everything_else(verifier: TokenVerifier, forged: str) -> None:
    with pytest.raises(Problem) as caught:
        verifier.verify(forged)
    assert caught.value.code == "token-invalid"


def test_clocks_may_differ_by_half_a_minute(verifier: TokenVerifier) -> None:
    at = int(now().timestamp())
    assert verifier.verify(token(iat=at + 20, nbf=at + 20)).subject == "u1"


async def test_keys_are_fetched_once(verifier: TokenVerifier, provider: Provider) -> None:
    await verifier.authenticate(token())
    await verifier.authenticate(token(sub="u2"))
    assert provider.calls == 2


async def test_the_provider_is_never_asked_on_the_event_loop(verifier: TokenVerifier, provider: Provider) -> None:
    await verifier.authenticate(token())
    provider.time += 31
    with pytest.raises(Problem):
        await verifier.authenticate(token(kid="new"))
    assert provider.calls == 4
    assert threading.get_ident() not in provider.threads


def test_an_unknown_key_is_asked_for_at_most_every_half_minute(verifier: TokenVerifier, provider: Provider) -> None:
    for _ in range(10):
        with pytest.raises(Problem):
            verifier.verify(token(kid="new"))
    assert provider.calls == 2
    new = {**jwks()[0], "kid": "new"}
    provider.documents[f"{ISSUER}/keys"] = {"keys": [new]}
    provider.time += 31
    assert verifier.verify(token(kid="new")).subject == "u1"


def test_a_provider_that_was_never_there_is_503(verifier: TokenVerifier, provider: Provider) -> None:
    provider.is_away = True
    with pytest.raises(Problem) as caught:
        verifier.verify(token())
    assert (caught.value.status, caught.value.code) == (503, "issuer-unavailable")
    provider.is_away = False
    provider.time += 31
    assert verifier.verify(token()).subject == "u1"


def test_a_provider_that_goes_away_locks_nobody_out(verifier: TokenVerifier, provider: Provider) -> None:
    verifier.verify(token())
    provider.is_away = True
    provider.time += 3600
    assert verifier.verify(token(sub="u2")).subject == "u2"


@pytest.mark.parametrize(
    "discovery",
    [{"issuer": "https://evil.example", "jwks_uri": "x"}, {"issuer": ISSUER}, {}, {"issuer": ISSUER, "jwks_uri": 1}],
)
def test_a_strange_discovery_document_gives_no_keys(
    verifier: TokenVerifier, provider: Provider, discovery: dict[str, Any]
) -> None:
    provider.documents[f"{ISSUER}/.well-known/openid-configuration"] = discovery
    with pytest.raises(Problem, match="503"):
        verifier.verify(token())


@pytest.mark.parametrize("url", ["http://id.example/x", "file:///etc/passwd", "ftp://127.0.0.1/", "", "//id.example"])
def test_only_https_is_asked(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        fetch_document(url)

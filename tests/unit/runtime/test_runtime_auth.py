import base64
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI
from structlog.testing import capture_logs

from runtime.auth import Caller, TokenVerifier, access_table, issue_token
from runtime.clock import now
from runtime.problems import Problem
from runtime.settings import RuntimeSettings

Token = Callable[..., str]
SECRET = "3f9c1d7be05a4826a7c35d9e1f0b64823f9c1d7be05a4826a7c35d9e1f0b6483"
RSA_KEY = rsa.generate_private_key(65537, 2048)
PUBLIC_PEM = RSA_KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)


def claims(**changes: Any) -> dict[str, Any]:
    at = int(now().timestamp())
    whole = {
        "iss": "jieban",
        "aud": "jieban",
        "sub": "me",
        "tenant": "522723",
        "roles": ["citizen"],
        "iat": at,
        "exp": at + 3600,  # made when the tests are collected
    }
    whole.update(changes)
    return {name: value for name, value in whole.items() if value is not None}


def signed(headers: Mapping[str, Any] | None = None, key: str = SECRET, **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm="HS256", headers=dict(headers or {}))


def part(value: Any) -> str:
    return (
        base64.urlsafe_b64encode(value if isinstance(value, bytes) else json.dumps(value).encode()).decode().rstrip("=")
    )


def unsigned(algorithm: str) -> str:
    return f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(claims())}."


def hmac_with_public_key() -> str:
    head = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims())}"
    key = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    return f"{head}.{part(key.sign(head.encode(), PUBLIC_PEM))}"


def tampered() -> str:
    head, _, signature = signed().split(".")
    return f"{head}.{part(claims(roles=['admin']))}.{signature}"


GOOD = signed()
FORGED: dict[str, str] = {
    "alg none": unsigned("none"),
    "alg None": unsigned("None"),
    "alg nOnE": unsigned("nOnE"),
    "alg HS256 without signature": unsigned("HS256"),
    "alg HS384": jwt.encode(claims(), SECRET, algorithm="HS384"),
    "alg RS256, no provider": jwt.encode(claims(), RSA_KEY, algorithm="RS256"),
    "alg as list": f"{part({'alg': ['HS256']})}.{part(claims())}.{part(b'x')}",
    "no alg": f"{part({'typ': 'JWT'})}.{part(claims())}.{part(b'x')}",
    "HMAC with a public key": hmac_with_public_key(),
    "another secret": signed(key=SECRET[::-1]),
    "empty secret": part({"alg": "HS256"}) + "." + part(claims()) + "." + part(b""),
    "tampered payload": tampered(),
    "truncated": GOOD[:-6],
    "last character changed": GOOD[:-2] + ("A" if GOOD[-2] != "A" else "B") + GOOD[-1],
    "two signatures": f"{GOOD}.{GOOD.rsplit('.', 1)[1]}",
    "no dots": "x",
    "only dots": "..",
    "not base64": "a.b.c",
    "null header": f"{part(None)}.{part(claims())}.{part(b'x')}",
    "deep header": f"{part(b'[' * 5000)}.{part(claims())}.{part(b'x')}",
    "jku": signed({"jku": "https://evil.example/keys"}),
    "x5u": signed({"x5u": "https://evil.example/cert"}),
    "jwk": signed({"jwk": {"kty": "oct", "k": part(SECRET.encode())}}),
    "crit": signed({"crit": ["exp"]}),
    "typ": signed({"typ": "logout+jwt"}),
    "wrong aud": signed(aud="other"),
    "aud as number": signed(aud=1),
    "no aud": signed(aud=None),
    "wrong iss": signed(iss="other"),
    "no iss": signed(iss=None),
    "no exp": signed(exp=None),
    "exp as text": signed(exp="soon"),
    "exp as infinity": signed(exp=float("inf")),
    "no iat": signed(iat=None),
    "nbf in the future": signed(nbf=int(now().timestamp()) + 3000),
    "iat in the future": signed(iat=int(now().timestamp()) + 3000),
    "no sub": signed(sub=None),
    "empty sub": signed(sub=""),
    "sub with a newline": signed(sub="me\nyou"),
    "sub with NUL": signed(sub="me\0"),
    "long sub": signed(sub="x" * 256),
    "no tenant": signed(tenant=None),
    "tenant as list": signed(tenant=["522723"]),
    "no roles": signed(roles=None),
    "roles as text": signed(roles="admin"),
    "roles as numbers": signed(roles=[1]),
    "too many roles": signed(roles=["r"] * 33),
    "9 kB": signed(extra="x" * 7000),
    "1 MB": "a" * 1_000_000,
    "not ASCII": GOOD + "é",
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED.keys())
def test_a_forged_token_is_refused_without_a_reason(verifier: TokenVerifier, token: str) -> None:
    with pytest.raises(Problem) as caught:
        verifier.verify(token)
    assert (caught.value.status, caught.value.code) == (401, "token-invalid")
    assert "invalid_token" in caught.value.headers["WWW-Authenticate"]


def test_a_good_token_names_its_caller(verifier: TokenVerifier) -> None:
    caller = verifier.verify(signed(roles=["citizen", "partner"]))
    assert caller == Caller("me", "522723", frozenset({"citizen", "partner"}))
    assert caller.has("admin", "partner")
    assert not caller.has("admin")
    assert not caller.has()


def test_an_expired_token_is_told_so(verifier: TokenVerifier, token: Token) -> None:
    with pytest.raises(Problem) as caught:
        verifier.verify(token("citizen", ttl=timedelta(seconds=-1)))
    assert caught.value.code == "token-expired"


def test_a_remembered_token_expires_too(settings: RuntimeSettings) -> None:
    clock = [now().timestamp()]
    verifier = TokenVerifier(settings, clock=lambda: clock[0])
    token = issue_token(SECRET, "me", "1", ["citizen"], timedelta(seconds=-1))
    expired = Problem(401, "token-expired")
    verifier._remember(token, Caller("me", "1", frozenset()), clock[0] + 5)
    assert verifier.verify(token).subject == "me"
    clock[0] += 5
    with pytest.raises(Problem, match=str(expired)):
        verifier.verify(token)


def test_what_is_remembered_is_bounded(verifier: TokenVerifier) -> None:
    for number in range(5000):
        verifier._remember(str(number), Caller("me", "1", frozenset()), float("inf"))
    assert len(verifier._taken) == 4096
    assert "0" not in verifier._taken


def test_without_any_issuer_there_is_no_verifier() -> None:
    with pytest.raises(ValueError, match="JIEBAN_TOKEN_SECRET"):
        TokenVerifier(RuntimeSettings(token_secret=None))


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "token-missing"),
        ("", "token-invalid"),
        ("Bearer", "token-invalid"),
        ("Bearer ", "token-invalid"),
        ("Basic bWU6bWU=", "token-invalid"),
        (f"Token {GOOD}", "token-invalid"),
        ("Bearer \xff", "token-invalid"),
        (f"Bearer {GOOD}, Bearer {GOOD}", "token-invalid"),
    ],
)
async def test_what_is_no_bearer_token_is_401(client: httpx.AsyncClient, header: str | None, code: str) -> None:
    headers = {} if header is None else {b"authorization": header.encode("latin-1")}
    answer = await client.post("/demo/v1/things", content=b"{", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["type"] == f"urn:jieban:problem:{code}"
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_two_tokens_are_401(client: httpx.AsyncClient) -> None:
    headers = [("authorization", f"Bearer {GOOD}"), ("authorization", f"Bearer {GOOD}")]
    answer = await client.post("/demo/v1/things", content=b"{}", headers=headers)
    assert answer.status_code == 401


async def test_the_scheme_is_case_insensitive(client: httpx.AsyncClient) -> None:
    answer = await client.post("/demo/v1/things", json={}, headers={"authorization": f"bearer  {GOOD}"})
    assert answer.status_code == 422


async def test_another_role_is_403_and_logged(client: httpx.AsyncClient, token: Token) -> None:
    headers = {"authorization": f"Bearer {token('citizen', subject='nosy')}", "accept-language": "en"}
    with capture_logs() as lines:
        answer = await client.post("/demo/v1/things/1/closing", headers=headers)
    assert answer.status_code == 403
    assert "officer, supervisor" in answer.json()["detail"]
    [denied] = [line for line in lines if line["event"] == "access_denied"]
    assert (denied["subject"], denied["needed"]) == ("nosy", ["officer", "supervisor"])


async def test_the_caller_comes_before_the_body(client: httpx.AsyncClient, token: Token) -> None:
    answer = await client.post(
        "/demo/v1/things", content=b"[" * 1000, headers={"authorization": f"Bearer {token('officer')}"}
    )
    assert answer.status_code == 403


def test_every_route_says_who_may_call_it(app: FastAPI) -> None:
    table = {(row.method, row.path): row for row in access_table(app)}
    assert all(row.roles is not None for row in table.values())
    assert table["POST", "/demo/v1/things"].roles == frozenset({"citizen"})
    assert table["POST", "/demo/v1/things/{number}/closing"].roles == frozenset({"officer", "supervisor"})
    assert table["GET", "/demo/v1/things"].is_public
    assert table["GET", "/demo/readyz"].is_public
    assert not table["POST", "/demo/v1/things"].is_public


def test_a_route_that_does_not_say_is_found(app: FastAPI) -> None:
    @app.get("/demo/v1/forgotten")
    async def forgotten() -> None:
        """Open to everybody by mistake."""

    assert [row.path for row in access_table(app) if row.roles is None] == ["/demo/v1/forgotten"]


def test_openapi_shows_the_bearer_scheme(app: FastAPI) -> None:
    document = app.openapi()
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert document["paths"]["/demo/v1/things"]["post"]["security"] == [{"bearer": []}]
    assert "security" not in document["paths"]["/demo/v1/things"]["get"]

"""Forms of any shape: each gets an answer that is no failure of ours, and leaves nothing behind that was not taken."""

from pathlib import Path

import httpx
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contracts.roles import Role
from intake.attachments.files import left_in, picture
from intake.conftest import As

PICTURE = picture(size=(8, 6), seed=1)
BOUNDARIES = st.text("abcXYZ019'()+_,-./:=? ", min_size=0, max_size=80)
HEADERS = st.lists(
    st.one_of(
        st.builds(
            lambda name: f'Content-Disposition: form-data; name="{name}"; filename="a.jpg"'.encode(),
            st.sampled_from(["file", "role", "complaint", "sha256", "", "file[]", "__proto__", "名"]),
        ),
        st.just(b"Content-Disposition: form-data; name*=UTF-8''file"),
        st.just(b"Content-Type: multipart/mixed; boundary=inner"),
        st.just(b"Content-Transfer-Encoding: base64"),
        st.just(b"Content-Length: 99999999999999999999"),
        st.builds(lambda n: b"X-Long: " + b"a" * n, st.sampled_from([10, 5_000, 200_000])),
        st.binary(max_size=60),
    ),
    max_size=4,
)
CONTENTS = st.one_of(
    st.just(PICTURE),
    st.just(b""),
    st.just(b"near"),
    st.just(b"--inner\r\nContent-Disposition: form-data; name=file\r\n\r\nx\r\n--inner--"),
    st.binary(max_size=200),
)
PARTS = st.lists(st.tuples(HEADERS, CONTENTS), max_size=14)
SPOILINGS = st.sampled_from(["none", "cut", "no end", "twice", "lone line feeds", "preamble", "epilogue"])


def form(boundary: str, parts: list[tuple[list[bytes], bytes]], spoiling: str, cut: float) -> bytes:
    """Write a form as it should be, and then spoil it."""
    line = b"--" + boundary.encode("latin-1", "replace")
    body = b"".join(line + b"\r\n" + b"\r\n".join([*headers, b"", content]) + b"\r\n" for headers, content in parts)
    body = body if spoiling == "no end" else body + line + b"--\r\n"
    match spoiling:
        case "cut":
            return body[: int(len(body) * cut)]
        case "twice":
            return body + body
        case "lone line feeds":
            return body.replace(b"\r\n", b"\n")
        case "preamble":
            return b"hello\r\n" + body
        case "epilogue":
            return body + b"goodbye"
        case _:
            return body


FILE = [([b'Content-Disposition: form-data; name="file"; filename="a.jpg"'], PICTURE)]


@given(BOUNDARIES, PARTS, SPOILINGS, st.floats(0, 1))
@example("x", FILE, "none", 1.0)
@example("x", FILE, "cut", 0.5)
@example("x", FILE * 2, "none", 1.0)
@example("x" * 5_000, FILE, "none", 1.0)
@example("x", [([b'Content-Disposition: form-data; name="role"'], b"near")] * 5_000, "none", 1.0)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
async def test_no_form_breaks_anything(
    client: httpx.AsyncClient,
    as_: As,
    store: Path,
    boundary: str,
    parts: list[tuple[list[bytes], bytes]],
    spoiling: str,
    cut: float,
) -> None:
    before = set(left_in(store))
    headers = as_(Role.OPERATOR, **{"Content-Type": f'multipart/form-data; boundary="{boundary}"'})
    answer = await client.post("attachments", content=form(boundary, parts, spoiling, cut), headers=headers)
    assert 200 <= answer.status_code < 500, answer.text
    if answer.status_code != 201:
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert set(left_in(store)) == before


@given(st.text(max_size=200).filter(lambda text: text.isprintable()))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
async def test_any_content_type_gets_an_answer(client: httpx.AsyncClient, as_: As, store: Path, kind: str) -> None:
    before = set(left_in(store))
    given = {name.encode(): value.encode() for name, value in as_(Role.OPERATOR).items()}
    headers = httpx.Headers({**given, b"Content-Type": kind.encode()})
    answer = await client.post("attachments", content=form("x", FILE, "none", 1.0), headers=headers)
    assert answer.status_code in (400, 415)
    assert set(left_in(store)) == before


async def test_the_declared_length_decides_nothing(client: httpx.AsyncClient, as_: As, store: Path) -> None:
    body = form("x", FILE, "none", 1.0)
    for length in ("0", "999999999999999", "1000000000000000000000"):
        before = set(left_in(store))
        headers = as_(Role.OPERATOR, **{"Content-Type": "multipart/form-data; boundary=x", "Content-Length": length})
        answer = await client.post("attachments", content=body, headers=headers)
        assert 200 <= answer.status_code < 500
        if answer.status_code != 201:
            assert set(left_in(store)) == before

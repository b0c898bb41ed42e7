import contextlib
import json
import math
import string
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.http.strict_json import parse_json
from runtime.problems import Problem

REFUSED = {
    "NaN": (b'{"a": NaN}', "NaN", (1, 7)),
    "Infinity": (b"[1, Infinity]", "NaN", (1, 5)),
    "minus infinity": (b"-Infinity", "NaN", (1, 1)),
    "overflow": (b"[1e999]", "out of range", (1, 2)),
    "negative overflow": (b"[-1e999]", "out of range", (1, 2)),
    "5000 digits": (b"1" * 5000, "digits", (1, 1)),
    "lone high surrogate": (rb'{"a":"\ud800"}', "surrogate", (1, 6)),
    "lone low surrogate": (rb'["\udc00x"]', "surrogate", (1, 2)),
    "surrogates in the wrong order": (rb'["\udc00\ud800"]', "surrogate", (1, 2)),
    "surrogate in a key": (rb'{"\uDBFF":1}', "surrogate", (1, 2)),
    "NUL": (rb'{"a":"x\u0000"}', "NUL", (1, 6)),
    "raw NUL": (b'{"a":"x\x00"}', "control character", (1, 8)),
    "duplicate key": (b'{"a":1,\n "a":2}', "duplicate key", (2, 2)),
    "duplicate key, spelt differently": (rb'{"x":{"a":1,"\u0061":2}}', "duplicate key", (1, 13)),
    "depth 33": (b"[" * 33 + b"]" * 33, "nested", (1, 33)),
    "depth 100000": (b"[" * 100_000, "nested", (1, 33)),
    "depth 1500 of objects": (b'{"a":' * 1500 + b"1" + b"}" * 1500, "nested", (1, 161)),
    "byte order mark": (b"\xef\xbb\xbf{}", "byte order mark", (1, 1)),
    "UTF-16": ('{"a":"路"}'.encode("utf-16"), "UTF-8", (1, 1)),
    "UTF-32": ('{"a":1}'.encode("utf-32-be"), "expecting value", (1, 1)),
    "invalid UTF-8": (b'{"a":\n"\xff"}', "UTF-8", (2, 2)),
    "surrogate as UTF-8": (b'{"a":"\xed\xa0\x80"}', "UTF-8", (1, 7)),
    "cut short": (b'{"a":', "expecting value", (1, 6)),
    # looked for anew from each of its quotes, the end of it would take minutes, and a long one hours
    "a string without end, of 30,000 escapes": (b'"' + rb"\"" * 30_000, "unterminated string", (1, 1)),
    "a string without end, cut in an escape": (b'["a\\', "unterminated string", (1, 2)),
    "two values": (b"{} {}", "extra data", (1, 4)),
    "an error before a worse one": (b'{"a" 1, "b": 1e999}', "expecting ':' delimiter", (1, 6)),
    "single quotes": (b"{'a':1}", "expecting property name", (1, 2)),
}

TAKEN: dict[bytes, Any] = {
    b'{"a":[1,-2,3.5,true,null,"\xe8\xb7\xaf"]}': {"a": [1, -2, 3.5, True, None, "路"]},
    rb'"\ud83d\ude00"': "😀",
    rb'"\\u0000 and \\ud800"': r"\u0000 and \ud800",
    b"18446744073709551615": 2**64 - 1,
    b"-9223372036854775808": -(2**63),
    b"1e-999": 0.0,
    b"[" * 32 + b"]" * 32: json.loads("[" * 32 + "]" * 32),
    b'["' + b"[" * 100 + b'"]': ["[" * 100],
    b'[{"a":1},{"a":1}]': [{"a": 1}, {"a": 1}],
    b'{"a":["a","a"],"b":"a"}': {"a": ["a", "a"], "b": "a"},
    b' \r\n\t"x" ': "x",
}


@pytest.mark.parametrize(("body", "reason", "place"), REFUSED.values(), ids=REFUSED.keys())
def test_says_what_is_wrong_and_where(body: bytes, reason: str, place: tuple[int, int]) -> None:
    with pytest.raises(Problem) as caught:
        parse_json(body)
    problem = caught.value
    assert (problem.status, problem.code) == (400, "json-invalid")
    assert reason in str(problem.params["reason_en"])
    assert (problem.params["line"], problem.params["column"]) == place


@pytest.mark.parametrize(("body", "value"), TAKEN.items(), ids=[body[:20].decode() for body in TAKEN])
def test_takes_what_json_allows(body: bytes, value: Any) -> None:
    assert parse_json(body) == value


documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(string.printable), inner),
)


@given(documents, st.booleans())
def test_is_json_loads_for_every_clean_document(value: Any, escape: bool) -> None:
    assert parse_json(json.dumps(value, ensure_ascii=escape).encode()) == value


@given(st.binary(max_size=200))
def test_never_raises_anything_but_a_problem(body: bytes) -> None:
    with contextlib.suppress(Problem):
        parse_json(body)


@given(st.text('[]{}",:\\u0dD8aNIn1e9-. \n', max_size=60))
def test_what_it_takes_can_be_encoded_and_stored(text: str) -> None:
    try:
        value = parse_json(text.encode())
    except Problem:
        return
    again = json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    assert b"\\u0000" not in again.replace(b"\\\\", b"")
    assert not (isinstance(value, float) and math.isinf(value))


@pytest.mark.parametrize(("body", "_reason", "_place"), REFUSED.values(), ids=REFUSED.keys())
async def test_a_route_answers_400_and_never_500(
    client: httpx.AsyncClient, citizen: dict[str, str], body: bytes, _reason: str, _place: tuple[int, int]
) -> None:
    answer = await client.post("/demo/v1/things", content=body, headers=citizen)
    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:jieban:problem:json-invalid"

"""What is looked for, and the part of a text that is shown for it."""

import pytest

from intake_service.domain import search
from intake_service.domain.excerpts import LONGEST, excerpt
from intake_service.domain.search import BadSearch, Term


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("小区门口，车多", ["小", "区", "门", "口", "车", "多"]),
        ("５号楼ＡＢＣ", ["5", "号", "楼", "abc"]),
        ("The PARKING-lot_2", ["the", "parking", "lot", "2"]),
        ("20261129-000417", ["20261129", "000417"]),
        ("Straße", ["strasse"]),
        ("カラオケ", ["カ", "ラ", "オ", "ケ"]),
        ("𠮷野家", ["𠮷", "野", "家"]),
        ("\x00'\\!&|():*<->", []),
    ],
)
def test_a_text_is_its_characters_and_words(text: str, tokens: list[str]) -> None:
    assert search.tokens(text) == tokens


def test_pairs_of_characters_and_whole_words_are_kept() -> None:
    assert search.vector(["小区5栋", None, "abc"]) == "'小区':1 '区':2 '5':3 '栋':4 'abc':7"
    assert search.vector(["", None]) == ""


@pytest.mark.parametrize(
    ("wanted", "query"),
    [
        ("小区", "('小区')"),
        ("区", "('区':*)"),
        ("小区门口", "('小区' <-> '区门' <-> '门口')"),
        ("5号楼", "('5' <-> '号楼')"),
        ("楼5", "('楼' <-> '5')"),
        ("5号", "('5' <-> '号':*)"),
        ('"blocked road" -truck', "('blocked' <-> 'road') & !('truck')"),
        ("“占道 经营”", "('占道' <-> '道经' <-> '经营')"),
        ("parki*", "('parki':*)"),
        ("小区 小区", "('小区')"),
        ('a"b c', "('a' <-> 'b') & ('c')"),
        ("- 路 -", "('路':*)"),
    ],
)
def test_what_is_looked_for_becomes_a_query(wanted: str, query: str) -> None:
    assert search.query(search.terms(wanted)) == query


@pytest.mark.parametrize(
    ("wanted", "query"),
    [
        ("小区门口", "('小区' <-> '区门' <-> '门口')"),
        ("5号", "('5' <-> '号':*)"),
        ("社区5号", "('社区' <-> '区' <-> '5')"),
        ("福来社区5号 -5号", "('福来' <-> '来社' <-> '社区' <-> '区' <-> '5') & !('5' <-> '号':*)"),
        ("号", "('号':*)"),
        ("parki*", "('parki':*)"),
        ('"the parki*"', "('the' <-> 'parki':*)"),
        ('"in the parki*"', "('in' <-> 'the')"),
    ],
)
def test_an_index_is_not_asked_for_the_beginning_that_ends_a_phrase(wanted: str, query: str) -> None:
    assert search.query(search.terms(wanted), is_coarse=True) == query


@pytest.mark.parametrize(
    ("wanted", "required"),
    [
        ("小区门口", ["小区", "区门", "门口"]),
        ("福来社区5号", ["福来", "来社", "社区", "区", "5"]),
        ("5号 -小区", ["5"]),
        ("号", []),
        ("parki*", []),
        ('"the parki*" road', ["the", "road"]),
    ],
)
def test_what_each_text_has_that_is_found(wanted: str, required: list[str]) -> None:
    assert [lexeme for term in search.terms(wanted) for lexeme in search.required(term)] == required


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ("", "search-empty"),
        (" 。，！", "search-empty"),
        ("-停车", "search-empty"),
        ('""', "search-empty"),
        ("长" * 201, "search-too-long"),
        (" ".join(f"a{n}" for n in range(11)), "search-too-many-terms"),
        ("ab*", "search-prefix-too-short"),
        ("2026*", "search-prefix-too-short"),
    ],
)
def test_what_cannot_be_looked_for_is_refused(wanted: str, code: str) -> None:
    with pytest.raises(BadSearch) as caught:
        search.terms(wanted)
    assert caught.value.code == code


def test_a_phone_number_is_known_however_it_is_written() -> None:
    marks = {
        search.phone(each) for each in ("138 0000 1234", "+86-13800001234", "008613800001234", "１３８００００１２３４")
    }
    assert len(marks) == 1
    assert search.phone("call me") is None
    assert "1380" not in str(marks)


def test_an_excerpt_has_the_words_and_says_where() -> None:
    text = "前" * 300 + "小区门口的Ｐarking很乱" + "后" * 300
    found = excerpt(text, search.terms("小区 PARKING 没有"))
    assert found is not None
    assert [found.text[begin:end] for begin, end in found.marks] == ["小区", "Ｐarking"]
    assert len(found.text) == LONGEST
    assert excerpt(text, search.terms("电线")) is None


def test_what_is_left_out_is_not_marked() -> None:
    assert excerpt("小区", [Term(("小", "区"), wanted=False, prefix=False)]) is None

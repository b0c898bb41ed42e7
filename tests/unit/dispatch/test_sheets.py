"""Cells and lines of files that anybody may have made."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from dispatch_service.api.sheets.columns import COMMUNITIES, OFFICERS, POSTS, TEAMS, Sheet
from dispatch_service.api.sheets.lines import GEOJSON, read_lines
from operations.sheets.cells import bare, guarded
from operations.sheets.lines import CSV, csv_lines
from operations.sheets.skeleton import Heading
from operations.sheets.skeleton import Sheet as Layout
from operations.sheets.small import read_workbook
from operations.sheets.workbook import XLSX
from operations.sheets.workbook import Workbook as Writer
from runtime.problems import Problem

HEADINGS = "code,name,sub_district\r\n"
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(
    lambda text: text.strip()
)


@given(st.text() | st.from_regex(r"'*[=+@-].*", fullmatch=True))
def test_a_guarded_text_is_no_formula_and_comes_back(text: str) -> None:
    assert not guarded(text).startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r"))
    assert bare(guarded(text)) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("-5", "'-5"),
        ("＝1", "'＝1"),
        ("'=1", "''=1"),
        ("路口", "路口"),
        ("'路口", "'路口"),
        ("", ""),
    ],
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text: str, shown: str) -> None:
    assert guarded(text) == shown


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=5))
def test_lines_of_csv_and_of_workbooks_are_the_same(rows: list[tuple[str, str, str]]) -> None:
    names = ("code", "name", "sub_district")
    writer = Writer(Layout(name="communities", headings=[Heading(name) for name in names]))
    book = writer.begin() + writer.lines(rows) + writer.end()

    lines = read_lines(COMMUNITIES, CSV, HEADINGS.encode() + csv_lines(rows))

    stripped = [dict(zip(names, (text.strip() for text in row), strict=True)) for row in rows]
    assert [cells for _, cells in read_lines(COMMUNITIES, XLSX, book)] == stripped
    assert [number for number, _ in lines] == list(range(2, len(rows) + 2))
    assert [set(cells) for _, cells in lines] == [set(names)] * len(rows)


@given(
    st.sampled_from([COMMUNITIES, TEAMS, POSTS, OFFICERS]),
    st.sampled_from([CSV, XLSX, GEOJSON, "text/plain"]),
    st.binary(max_size=200)
    | st.binary(max_size=100).map(lambda tail: b"PK\x03\x04" + tail)
    | st.text().map(str.encode),
)
def test_whatever_comes_is_read_or_refused_with_a_reason(sheet: Sheet, media: str, body: bytes) -> None:
    outcome = _outcome(sheet, media, body)
    assert outcome is None or 400 <= outcome < 500


def _outcome(sheet: Sheet, media: str, body: bytes) -> int | None:
    try:
        read_lines(sheet, media, body)
    except Problem as problem:
        return problem.status
    return None


@given(st.lists(st.text(max_size=8), max_size=8))
def test_whatever_a_line_says_is_a_thing_or_named_flaws(texts: list[str]) -> None:
    for sheet in (COMMUNITIES, TEAMS, POSTS, OFFICERS):
        cells = {name: text for name, text in zip(sheet.columns, texts, strict=False) if text}
        row, flaws = sheet.read(7, cells)
        assert (row is None) == bool(flaws)
        assert all(flaw.pointer.startswith("row/7/") for flaw in flaws)


def test_a_cell_far_down_and_empty_lines_between_cost_nothing() -> None:
    book, file = Workbook(), io.BytesIO()
    sheet = book.active
    sheet["A1"], sheet["A1048576"] = "code", "last"
    book.save(file)

    lines = [line for line in read_workbook(file.getvalue()) if line]

    assert [line[0] for line in lines] == ["code", "last"]

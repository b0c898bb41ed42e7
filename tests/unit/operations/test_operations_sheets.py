"""Workbooks that are written piece by piece: what goes in comes out, in any number of pieces."""

import io
import re
import zipfile
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operations.sheets import workbook
from operations.sheets.lines import csv_lines
from operations.sheets.skeleton import Heading, Sheet
from operations.sheets.workbook import DAY_ZERO, TooManyRows, Workbook

HEADINGS = (Heading("编号"), Heading("时间", "moment", 16), Heading("数量", "number"))
MOMENTS = st.datetimes(DAY_ZERO.replace(year=1901), DAY_ZERO.replace(year=2100)).map(
    lambda at: at.replace(microsecond=0)
)
"""Before March 1900 spreadsheets count a day that there was not."""
ROWS = st.lists(
    st.tuples(
        st.none()
        | st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff_"), min_size=1),
        st.none() | MOMENTS,
        st.none() | st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9).map(lambda number: round(number, 3)),
    ),
    max_size=8,
)


def written(rows: list[Any], *, pieces: int = 1, **sheet: Any) -> bytes:
    book = Workbook(Sheet(**{"name": "台账", "headings": HEADINGS, **sheet}))
    parts = [book.begin()]
    parts += [book.lines(rows[start::pieces]) for start in range(pieces)]
    return b"".join([*parts, book.end()])


def read(file: bytes) -> Any:
    [sheet] = openpyxl.load_workbook(io.BytesIO(file)).worksheets
    return sheet


@settings(max_examples=15)
@given(rows=ROWS, pieces=st.integers(1, 4))
def test_what_goes_in_comes_out(rows: list[Any], pieces: int) -> None:
    sheet = read(written(rows, pieces=pieces))
    expected = [row for start in range(pieces) for row in rows[start::pieces]]
    found = [[cell.value for cell in row] for row in sheet.iter_rows()][1:]
    assert len(found) == len(expected)
    for (text, at, number), (given_text, given_at, given_number) in zip(found, expected, strict=True):
        assert text == given_text
        assert (at is None) == (given_at is None)
        assert at is None or abs(at - given_at) < timedelta(seconds=1)
        assert number == given_number


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("=1+1", "=1+1"),
        ("<a>&amp;\"'", "&lt;a&gt;&amp;amp;\"'"),
        ("a\x00\x1fb\ufffe", "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}"),
        ("a\r\nb", "a&#13;\nb"),
        ("_x0041_", "_x005F_x0041_"),
        ("  两边  ", "  两边  "),
        ("长" * 40_000, "长" * 32_767),
    ],
)
def test_a_text_stays_a_text(text: str, stored: str) -> None:
    file = written([(text, None, None)])
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        part = archive.read("xl/worksheets/sheet1.xml").decode()
    assert f'<c r="A2" s="0" t="inlineStr"><is><t xml:space="preserve">{stored}</t></is></c>' in re.sub(
        r'(r="A2") s="\d+"', r'\1 s="0"', part
    )
    assert read(file)["A2"].data_type != "f"


def test_the_sheet_is_laid_out_to_be_printed() -> None:
    book = Workbook(Sheet(name="a/b:c" * 20, headings=HEADINGS, title="台账", notes=["一", "二"], footer="&P / &N"))
    sheet = read(book.begin() + book.lines([("x", None, 1)]) + book.total("合计") + book.end())
    assert len(sheet.title) <= 31
    assert not set(sheet.title) & set("/:*?[]\\")
    assert [row[0].value for row in sheet.iter_rows()] == ["台账", "一", "二", "编号", "x", "合计"]
    assert (sheet.print_title_rows, sheet.freeze_panes, sheet.oddFooter.center.text) == ("$4:$4", "A5", "&P / &N")
    assert sheet.column_dimensions["B"].width == 16
    assert sheet["A1"].font.size > sheet["A5"].font.size


def test_a_sheet_has_no_more_rows_than_spreadsheets_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 10)
    assert read(written([("x", None, None)] * 8)).max_row == 9
    with pytest.raises(TooManyRows):
        written([("x", None, None)] * 10)


def test_memory_does_not_grow_with_the_lines() -> None:
    """What `lines` has returned is nowhere any more."""
    book = Workbook(Sheet(name="x", headings=HEADINGS))
    book.begin()
    for _ in range(3):
        book.lines([("x" * 30, None, 1)] * 2_000)
    assert book._sink._parts == []


def test_csv_runs_nothing() -> None:
    assert csv_lines([["=1", 1, None, 'a"b'], ["\tx"]]) == b'\'=1,1,,"a""b"\r\n\'\tx\r\n'

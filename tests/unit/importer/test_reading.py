"""Files to rows."""

from pathlib import Path

import pytest

from jieban.errors import UserError
from jieban.importer.reading import count_rows, read_rows


def test_jsonl_with_bad_lines_names_them(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('\ufeff{"id": 1}\n\n{"id": \n[1]\n{"id": 2}', "utf-8")
    rows = list(read_rows(file))
    assert [row.line for row in rows] == [1, 3, 4, 5]
    assert [row.flaw is None for row in rows] == [True, False, False, True]
    assert count_rows(file) == 4


def test_csv_with_quotes_newlines_and_empty_cells(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text('id,text,lon\n1,"两行\n文字",\n2,"a,b",107.2\n', "utf-8")
    assert [row.values for row in read_rows(file)] == [
        {"id": "1", "text": "两行\n文字"},
        {"id": "2", "text": "a,b", "lon": "107.2"},
    ]


def test_a_row_with_surplus_cells_is_flawed(tmp_path: Path) -> None:
    file = tmp_path / "a.tsv"
    file.write_text("id\ttext\n1\tx\ty\n", "utf-8")
    assert [row.flaw for row in read_rows(file)] == ["more cells than the header has columns"]


@pytest.mark.parametrize(("name", "content", "word"), [("a.csv", b"", "header"), ("a.jsonl", b"\xff\xfe{}", "UTF-8")])
def test_an_unreadable_file_is_one_clear_sentence(tmp_path: Path, name: str, content: bytes, word: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(UserError, match=word):
        list(read_rows(file))


def test_a_missing_file_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Cannot read"):
        list(read_rows(tmp_path / "none.jsonl"))

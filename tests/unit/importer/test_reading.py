"""Files to rows."""

import tracemalloc
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from operations.importing.document import Document
from operations.importing.errors import ImportRefused
from operations.importing.reading import Row, count_rows, read_rows
from operations.sheets import reading
from operations.sheets.skeleton import Heading, Sheet
from operations.sheets.small import read_workbook
from operations.sheets.workbook import Workbook
from runtime.problems import Problem

NAMESPACE = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def rows_of(path: Path, **document: Any) -> list[Row]:
    return list(read_rows(path, Document.model_validate(document)))


def book(path: Path, *rows: Sequence[Any], title: str = "Sheet") -> Path:
    """Write a workbook as other programs do."""
    made = openpyxl.Workbook()
    made.active.title = title
    for row in rows:
        made.active.append(row)
    made.save(path)
    return path


def changed(plain: Path, file: Path, parts: str | tuple[str, ...], change: Callable[[bytes], bytes]) -> Path:
    """Write a workbook anew with the parts changed whose names begin so."""
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(file, "w") as target:
        for name in source.namelist():
            part = source.read(name)
            target.writestr(name, change(part) if name.startswith(parts) else part)
    return file


def sharing(numbers: Path, texts: bytes, declared: bytes = b"") -> Path:
    """Write a workbook of numbers anew, as spreadsheets do: these are places among the texts that its cells share."""
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    listed = b'<Override PartName="/xl/sharedStrings.xml" ContentType="%s"/></Types>' % kind
    file = changed(
        numbers,
        numbers.with_name("sharing.xlsx"),
        ("xl/worksheets/", "[Content_Types]"),
        lambda part: part.replace(b't="n"', b't="s"').replace(b"</Types>", listed),
    )
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", b'%s<sst xmlns="%s">%s</sst>' % (declared, NAMESPACE, texts))
    return file


def test_jsonl_with_bad_lines_names_them(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('\ufeff{"id": 1}\n\n{"id": \n[1]\n{"id": 2}', "utf-8")
    rows = rows_of(file)
    assert [row.line for row in rows] == [1, 3, 4, 5]
    assert [not row.flaws for row in rows] == [True, False, False, True]
    assert count_rows(file) == 4


def test_csv_with_quotes_newlines_and_empty_cells(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text('id,text,lon\n1,"两行\n文字",\n2,"a,b",107.2\n', "utf-8")
    assert [row.values for row in rows_of(file)] == [
        {"id": "1", "text": "两行\n文字"},
        {"id": "2", "text": "a,b", "lon": "107.2"},
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_in_what_chinese_spreadsheets_write(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text("上报记录\n编号;内容\n1;路灯不亮\n", encoding)
    assert rows_of(file, separator=";", header_row=2) == [Row(3, {"编号": "1", "内容": "路灯不亮"}, [])]


def test_guarded_texts_of_exports_are_taken_back(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("id,text\n1,'=1+1\n")
    assert rows_of(file)[0].values["text"] == "=1+1"


def test_a_row_with_surplus_cells_is_flawed(tmp_path: Path) -> None:
    file = tmp_path / "a.tsv"
    file.write_text("id\ttext\n1\tx\ty\n", "utf-8")
    (row,) = rows_of(file)
    assert [(flaw.column, flaw.problem.en) for flaw in row.flaws] == [("#3", "more cells than the header has columns")]


def test_of_a_row_with_many_surplus_cells_the_first_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("id\n1" + ",x" * 100_000 + "\n2\n", "utf-8")
    wide, good = rows_of(file)
    assert [flaw.column for flaw in wide.flaws] == ["#2"]
    assert good == Row(3, {"id": "2"}, [])


@pytest.mark.parametrize(
    "content", ["id,text\n1" + ",x" * 1_000_000, "id,text\n" + '1,"x\n",' * 200_000, "x," * 1_000_000]
)
def test_a_longer_record_than_any_is_refused_and_not_held(tmp_path: Path, content: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text(content, "utf-8")
    tracemalloc.start()
    with pytest.raises(ImportRefused, match=r"a record of more than 1,000,000 characters"):
        rows_of(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 << 20


def test_a_longer_line_than_any_is_a_flaw_of_its_row(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"id": 1}\n{"id": [' + "[]," * 1_000_000 + "[]]}\n\n" + '{"id": 2}', "utf-8")
    tracemalloc.start()
    first, long, last = rows_of(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (first.line, long.line, last.line, last.values) == (1, 2, 4, {"id": 2})
    assert [flaw.problem.en for flaw in long.flaws] == ["a line of more than 1,000,000 characters"]
    assert peak < 16 << 20


def test_a_row_that_is_nested_too_deeply_is_flawed(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"text": ' + "[" * 900 + "]" * 900 + '}\n{"text": [[1]]}\n', "utf-8")
    deep, flat = rows_of(file)
    assert ([flaw.problem.en for flaw in deep.flaws], deep.values) == (["nested too deeply"], {})
    assert flat == Row(2, {"text": [[1]]})


@pytest.mark.parametrize(
    ("name", "content", "word", "zh"),
    [
        ("a.csv", b"", "header", "没有写明列名的表头行。"),
        ("a.csv", b"id,id\n1,2\n", "same name", "有同名的列：id。"),
        ("a.csv", b"id\n\xff\xff\n", "UTF-8", "不是 UTF-8 编码（第 4 字节起），请先转换编码。"),
        (
            "a.csv",
            b'id\n"' + b"x" * 200_000,
            "line 2: field larger",
            "第 2 行：不是有效的 CSV：引号未闭合，或单元格过长。",
        ),
        ("a.csv", b"id" + b",x" * 500_001, "line 1: a record of more", "第 1 行：一条记录超过 1,000,000 个字符。"),
        ("a.jsonl", b"\xff\xfe{}", "UTF-8", "不是 UTF-8 编码（第 1 字节起），请先转换编码。"),
        ("a.xlsx", b"id,text\n", "workbook", "不是 XLSX 工作簿，或已损坏，请重新保存。"),
        ("a.xlsx", b"PK\x03\x04 and no more", "workbook", "不是 XLSX 工作簿，或已损坏，请重新保存。"),
    ],
)
def test_an_unreadable_file_is_one_clear_sentence(
    tmp_path: Path, name: str, content: bytes, word: str, zh: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(ImportRefused, match=word) as caught:
        rows_of(file)
    assert caught.value.said.zh == f"{file} {zh}"


def test_what_is_wrong_with_lines_is_told_in_both_languages(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"id": \n[1]\n{"text": ' + "[" * 30 + "]" * 30 + "}\n")
    told = [list(flaw.told("zh-CN").values())[2:] for row in rows_of(file) for flaw in row.flaws]
    assert told == [
        ["不是 JSON（第 9 个字符处）", "每行一个 JSON 对象"],
        ["不是 JSON 对象", ""],
        ["嵌套过深", "嵌套不超过 20 层的值"],
    ]
    surplus = tmp_path / "a.csv"
    surplus.write_text("id\n1,x\n")
    assert [flaw.told("zh-CN") for row in rows_of(surplus) for flaw in row.flaws] == [
        {"column": "#2", "field": None, "problem": "单元格多于表头的列", "expected": "表头中的列名"}
    ]


def test_a_missing_file_is_one_clear_sentence(tmp_path: Path) -> None:
    for name in ("none.jsonl", "none.xlsx", "none.csv"):
        with pytest.raises(ImportRefused, match="Cannot read"):
            rows_of(tmp_path / name)


def test_a_workbook_below_a_title_with_texts_numbers_and_times(tmp_path: Path) -> None:
    file = book(
        tmp_path / "a.xlsx",
        ["工单清单"],
        ["编号", "内容", "时间", "经度"],
        [20240001, "路灯不亮", datetime(2024, 2, 28, 11, 25), 107.25],  # noqa: DTZ001 - cells have no zone
        [None, None, None, None],
        ["A-2", "路灯不亮", None, None],
    )
    assert rows_of(file, header_row=2) == [
        Row(3, {"编号": "20240001", "内容": "路灯不亮", "时间": "2024-02-28T11:25:00", "经度": "107.25"}, []),
        Row(5, {"编号": "A-2", "内容": "路灯不亮"}, []),
    ]


def test_formulas_are_named_with_their_cell(tmp_path: Path) -> None:
    file = book(tmp_path / "a.xlsx", ["id", "text"], ["1", '=HYPERLINK("http://x","y")'], ["2", "好"])
    first, second = rows_of(file)
    assert [(flaw.column, flaw.problem.en) for flaw in first.flaws] == [("text", "a formula")]
    assert not second.flaws


def test_another_sheet_is_asked_for_by_its_name(tmp_path: Path) -> None:
    file = book(tmp_path / "a.xlsx", ["id"], ["1"], title="工单")
    assert rows_of(file, sheet="工单")[0].values == {"id": "1"}
    with pytest.raises(ImportRefused, match="has no sheet 清单; it has: 工单") as caught:
        rows_of(file, sheet="清单")
    assert caught.value.said.zh == f"{file} 没有工作表 清单；现有：工单。"


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = book(tmp_path / "a.xlsx", ["id"], ["1"])
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/bomb.bin", "w") as bomb:
        for _ in range(64):
            bomb.write(bytes(1 << 20))
    monkeypatch.setattr("operations.importing.reading.MOST_BYTES", 32 << 20)
    monkeypatch.setattr(reading, "MOST_BYTES", 32 << 20)
    tracemalloc.start()
    with pytest.raises(ImportRefused, match="unpacks to more than"):
        rows_of(file)
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def test_entities_and_rows_far_away_are_refused(tmp_path: Path) -> None:
    plain = book(tmp_path / "plain.xlsx", ["id"], ["1"])
    far = b'<row r="99999999"><c r="A99999999" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    lol = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 20) for n in range(8)
    )
    end = b"</sheetData>"
    bomb = b"<row><c><v>&i;</v></c></row></sheetData>"
    changes: list[Callable[[bytes], bytes]] = [
        lambda part: part.replace(end, far),
        lambda part: lol + b"]>" + part.replace(end, bomb),
    ]
    for number, change in enumerate(changes):
        file = changed(plain, tmp_path / f"{number}.xlsx", "xl/worksheets/", change)
        with pytest.raises(ImportRefused, match="workbook"):
            rows_of(file)


def test_texts_that_cells_share_are_read_and_entities_in_them_refused(tmp_path: Path) -> None:
    plain = book(tmp_path / "plain.xlsx", [0], [1], [1])
    assert [row.values for row in rows_of(sharing(plain, b"<si><t>id</t></si><si><t>one</t></si>"))] == [
        {"id": "one"},
        {"id": "one"},
    ]
    few = sharing(plain, b"<si><t>id</t></si><si><t>&a;</t></si>", b'<!DOCTYPE sst [<!ENTITY a "one">]>')
    with pytest.raises(ImportRefused, match="workbook"):
        rows_of(few)
    with pytest.raises(Problem, match="422 workbook-unreadable"):
        list(read_workbook(few.read_bytes()))


def test_memory_does_not_grow_with_the_texts(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    made = Workbook(Sheet(name="x", headings=[Heading("id"), Heading("text")]))
    with file.open("wb") as out:
        out.write(made.begin())
        for begin in range(0, 4000, 1000):
            out.write(made.lines([str(n), f"{n} " + "字" * 2500] for n in range(begin, begin + 1000)))
        out.write(made.end())
    tracemalloc.start()
    count = sum(1 for _ in read_rows(file))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 4000
    assert peak < 12 << 20  # the texts are 30 MB

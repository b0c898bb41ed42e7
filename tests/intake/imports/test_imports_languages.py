"""What imports tell of rows and files, in the language of whoever imports."""

from collections.abc import Sequence

import pytest
from httpx import Response

from intake.imports.desk import HEADER, MOST_ROWS, Desk, rows
from refusals import code_of

HEADINGS = {
    "zh-CN": "行号,外部编号,列,字段,问题,应为",
    "en": "row,external_ref,column,field,problem,expected",
}
TOLD = {
    "zh-CN": [
        ["lon", "不得大于 180.0。", "经度，-180 至 180，并有纬度"],
        ["occurred_at", "“昨天”不是时间", "早于现在的时间，如 2024-02-28 11:25:05"],
        ["#7", "单元格多于表头的列", "表头中的列名"],
    ],
    "en": [
        ["lon", "Must be at most 180.0.", "degrees from -180 to 180, with a latitude"],
        ["occurred_at", "'昨天' is not a time", "a time in the past such as 2024-02-28 11:25:05"],
        ["#7", "more cells than the header has columns", "a name in the header"],
    ],
}
REFUSED: Sequence[tuple[str | bytes, str, str, str]] = (
    ("\n", "usual", "rows.csv 没有写明列名的表头行。", "rows.csv has no header line with column names."),
    (
        b"\xff\xfe\x00\x01,\xff",
        "usual",
        "rows.csv 不是 UTF-8 编码（第 1 字节起），请先转换编码。",
        "rows.csv is not UTF-8 (byte 0): convert it first.",
    ),
    (
        "address\n福来社区\n",
        "usual",
        "rows.csv 缺少列：description 应取自 {description} 或 {subject}\n{text} 或 {text} 或 {描述} 或 {内容}。"
        "现有列：address。",
        "rows.csv lacks columns: description from {description} or {subject}\n{text} or {text} or {描述} or {内容}. "
        "It has: address.",
    ),
    ("x", "timezone: Mars", "映射有误：timezone：没有时区 Mars。", "there is no time zone Mars."),
    ("x", "extends: mine", "映射的 extends 为 mine，", "The mapping extends mine, which is none of hotline-12345, "),
)  # fmt: skip


def speaking(desk: Desk, language: str) -> Desk:
    desk.me = {**desk.me, "Accept-Language": language}
    return desk


def detail_of(answer: Response) -> str:
    return str(answer.json()["detail"])


@pytest.mark.parametrize("language", HEADINGS)
async def test_rows_are_told_in_the_language_of_the_import(desk: Desk, language: str) -> None:
    name = f"said-{language}"
    text = "\n".join([
        HEADER, f"{name}-1,路灯不亮,407.2357,26.5807,三号路,", f"{name}-2,路灯不亮,,,三号路,昨天",
        f"{name}-3,路灯不亮,,,三号路,,多余",
    ])  # fmt: skip
    job = await speaking(desk, language).begun(text)
    await desk.work()
    answer = await speaking(desk, "en").client.get(f"imports/{job}/rejected.csv", headers=desk.me)
    assert answer.content.decode("utf-8-sig").splitlines()[0] == HEADINGS[language]
    assert [[each["column"], each["problem"], each["expected"]] for each in await desk.rejected(job)] == TOLD[language]
    warned = await desk.client.get(f"imports/{job}/warnings.csv", headers=desk.me)
    assert warned.content.decode("utf-8-sig").splitlines() == [HEADINGS[language]]


@pytest.mark.parametrize(("content", "mapping", "zh", "en"), REFUSED)
async def test_files_and_mappings_are_refused_in_the_language_of_the_request(
    desk: Desk, content: str | bytes, mapping: str, zh: str, en: str
) -> None:
    in_chinese = await speaking(desk, "zh-CN").send(content, mapping=mapping)
    assert in_chinese.status_code == 422
    assert zh in detail_of(in_chinese)
    in_english = await speaking(desk, "en").send(content, mapping=mapping)
    assert code_of(in_english) == code_of(in_chinese)
    assert en in detail_of(in_english)


async def test_each_column_that_is_missing_is_told_in_the_language_of_the_request(desk: Desk) -> None:
    mapping = "map: {category: [类别, 事项]}\nset: {source: hotline}"
    for language, message in (
        ("zh-CN", "缺少列：category 应取自 {类别} 或 {事项}。"),
        ("en", "A column is missing: category from {类别} or {事项}."),
    ):
        answer = await speaking(desk, language).send(rows("lack", 1), mapping=mapping)
        assert code_of(answer) == (422, "import-columns-missing")
        assert [each["message"] for each in answer.json()["errors"]] == [message]


async def test_what_ends_an_import_is_told_in_its_language(desk: Desk) -> None:
    for language, detail in (("zh-CN", f"超过 {MOST_ROWS} 行"), ("en", f"more than {MOST_ROWS} rows")):
        job = await speaking(desk, language).begun(rows("most", MOST_ROWS + 1))
        broken = await desk.begun(f'{rows("open", 1)}"' + "x" * 140_000, "open.csv")
        await desk.work()
        assert (await desk.seen(job))["failure_detail"] == detail
        ended = await desk.seen(broken)
        assert ended["failure"] == "import-file-unreadable"
        assert (
            ended["failure_detail"]
            == {
                "zh-CN": "open.csv 第 3 行：不是有效的 CSV：引号未闭合，或单元格过长。",
                "en": "open.csv, line 3: field larger than field limit (131072).",
            }[language]
        )

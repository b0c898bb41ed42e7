"""The configuration as files: taken away and brought back, whole and in parts."""

import io
from typing import Any

import httpx
import pytest
import yaml
from openpyxl import Workbook, load_workbook

from contracts.roles import Role
from intake.conftest import As
from intake_service.domain.configuration.items import Configuration
from intake_service.domain.configuration.shipped import shipped
from refusals import code_of, errors_of
from runtime.ids import uuid7

FILES = "/configuration/files"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
YAML = {"Content-Type": "application/yaml"}
PARTS = ("categories", "questions", "duty-items", "sources")


@pytest.fixture
def admin(as_: As) -> dict[str, str]:
    return as_(Role.ADMIN, tenant=f"t{uuid7().hex[-10:]}")


async def draft(client: httpx.AsyncClient, admin: dict[str, str]) -> Configuration:
    shown = (await client.get("/configuration/draft", headers=admin)).json()
    return Configuration.model_validate(shown["configuration"])


def workbook(rows: list[list[Any]]) -> bytes:
    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


async def test_the_whole_goes_out_and_comes_back_as_yaml(client: httpx.AsyncClient, admin: dict[str, str]) -> None:
    file = await client.get(f"{FILES}/configuration.yaml", headers=admin)
    assert file.headers["Content-Type"] == "application/yaml"
    assert "乱停乱放" in file.text
    same = await client.put(f"{FILES}/configuration.yaml", content=file.content, headers=admin | YAML)
    assert (same.status_code, same.json()["changes"], same.headers["ETag"]) == (200, [], '"1"')

    given = yaml.safe_load(file.text)
    given["categories"][0]["zh"] = "市容"
    text = yaml.safe_dump(given, allow_unicode=True)
    tried = await client.put(f"{FILES}/configuration.yaml?dry_run=true", content=text, headers=admin | YAML)
    assert [each["code"] for each in tried.json()["changes"]] == ["city_appearance"]
    assert (await draft(client, admin)) == shipped().configuration
    taken = await client.put(f"{FILES}/configuration.yaml", content=text, headers=admin | YAML | {"If-Match": '"1"'})
    assert (taken.status_code, taken.headers["ETag"]) == (200, '"2"')
    assert (await draft(client, admin)).categories[0].zh == "市容"
    late = await client.put(f"{FILES}/configuration.yaml", content=text, headers=admin | YAML | {"If-Match": '"1"'})
    assert code_of(late) == (412, "precondition-failed")


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("form", ["xlsx", "csv"])
async def test_every_part_goes_out_and_comes_back_as_a_sheet(
    client: httpx.AsyncClient, admin: dict[str, str], part: str, form: str
) -> None:
    file = await client.get(f"{FILES}/{part}.{form}", headers=admin)
    kind = file.headers["Content-Type"].partition(";")[0]
    back = await client.put(f"{FILES}/{part}", content=file.content, headers=admin | {"Content-Type": kind})
    assert (back.status_code, back.json()["changes"]) == (200, []), back.text
    assert (await draft(client, admin)) == shipped().configuration


async def test_a_workbook_replaces_its_part_and_leaves_the_rest(
    client: httpx.AsyncClient, admin: dict[str, str]
) -> None:
    file = await client.get(f"{FILES}/categories.xlsx", headers=admin)
    rows = [list(row) for row in load_workbook(io.BytesIO(file.content)).active.iter_rows(values_only=True)]
    head = rows[0]
    new = dict.fromkeys(head) | {"code": "snow", "zh": "积雪", "en": "Snow", "resolve": "6 hours",
                                 "needs_photo": "是", "gates": "verification;follow_up"}  # fmt: skip
    rows.append([new[name] for name in head])
    body = workbook(rows)
    taken = await client.put(f"{FILES}/categories", content=body, headers=admin | {"Content-Type": XLSX})
    assert [(each["code"], each["change"]) for each in taken.json()["changes"]] == [("snow", "added")]
    made = await draft(client, admin)
    snow = made.categories[-1]
    assert (snow.limits.resolve and snow.limits.resolve.amount, snow.needs_photo) == (6, True)
    assert snow.gates == ("verification", "follow_up")
    assert [each.questions for each in made.categories[:-1]] == [
        each.questions for each in shipped().configuration.categories
    ]
    questions = "category,name,zh,en,type,required,choices,stops\n" + (
        'snow,deep,多深,How deep,single_choice,yes,"shallow=浅=Shallow\ndeep=深=Deep","deep=请拨打122=Ring 122"\n'
    )
    asked = await client.put(f"{FILES}/questions", content=questions, headers=admin | {"Content-Type": "text/csv"})
    assert asked.status_code == 200, asked.text
    [question] = (await draft(client, admin)).categories[-1].questions
    assert ([each.code for each in question.choices], question.stops[0].answer) == (["shallow", "deep"], "deep")


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        ([["code", "zh"], ["snow", "积雪"]], [("row/1/en", "column-missing")]),
        ([["code", "zh", "en", "colour"], ["snow", "积雪", "Snow", "white"]], [("row/1/4", "column-unknown")]),
        ([["code", "zh", "en", "resolve"], ["snow", "积雪", "Snow", "six hours"]], [("row/2/resolve", "int_type")]),
        ([["code", "zh", "en", "resolve"], ["snow", "积雪", "Snow", "6 moons"]], [("row/2/resolve", "literal_error")]),
        ([["code", "zh", "en"], ["snow", "积雪", "Snow"], ["snow", "雪", "S"]], [("row/3/code", "code-twice")]),
        (
            [["code", "zh", "en"], ["snow", "积雪", "Snow"], [], ["ice.a", "冰", "Ice"]],
            [("row/4/code", "parent-missing")],
        ),
        ([["code", "zh", "en"], ["snow", "积雪", "Snow"]], [("/duty_items/5/category", "unknown-category")]),
        (
            [
                ["code", "zh", "en", "active_from", "active_to"],
                ["snow", "积雪", "Snow", "2026-02-01T00:00:00Z", "2026-01-01T00:00:00Z"],
            ],
            [("row/2/active_to", "active-reversed")],
        ),
        ([["code", "zh", "en"]], [("/categories", "too_short")]),
    ],
)
async def test_a_sheet_that_is_wrong(
    client: httpx.AsyncClient, admin: dict[str, str], rows: list[list[Any]], wrong: list[tuple[str, str]]
) -> None:
    answer = await client.put(f"{FILES}/categories", content=workbook(rows), headers=admin | {"Content-Type": XLSX})
    assert code_of(answer) == (422, "validation-failed"), answer.text
    found = [(where, code.replace("-", "_")) for where, code in errors_of(answer)]
    assert wrong[0] in [*errors_of(answer), *found], answer.text
    assert all(error["message"] for error in answer.json()["errors"])
    assert (await client.get("/configuration/draft", headers=admin)).headers["ETag"] == '"0"'


_PARKING = "street_order.parking,{name},何处,Where,text"


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        ([_PARKING.format(name="a"), ",b,何时,When,text"], [("row/3/category", "missing")]),
        (["snow,a,何处,Where,text", "snow,b,何时,When,text"],
         [("row/2/category", "unknown-category"), ("row/3/category", "unknown-category")]),
        ([_PARKING.format(name="a"), "facilities,a,何处,Where,text", _PARKING.format(name="a")],
         [("row/4/name", "code-twice")]),
        (["street_order.parking,a,何处,Where,single_choice"], [("row/2/choices", "choices-missing")]),
        ([_PARKING.format(name=f"q{number}") for number in range(51)], [("row/52/category", "too_long")]),
    ],
)  # fmt: skip
async def test_questions_that_are_wrong(
    client: httpx.AsyncClient, admin: dict[str, str], lines: list[str], wrong: list[tuple[str, str]]
) -> None:
    body = "\n".join(["category,name,zh,en,type", *lines])
    answer = await client.put(f"{FILES}/questions", content=body, headers=admin | {"Content-Type": "text/csv"})
    assert code_of(answer) == (422, "validation-failed"), answer.text
    assert errors_of(answer) == wrong
    assert (await client.get("/configuration/draft", headers=admin)).headers["ETag"] == '"0"'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"categories: [", "yaml-invalid"),
        (b"a: &x [1]\nb: *x", "yaml-invalid"),
        (b"categories: []\ncategories: []", "yaml-invalid"),
        (b"a: !!python/object/apply:os.system [ls]", "yaml-invalid"),
        (b"\xff\xfe\x00", "yaml-unreadable"),
        (b"[" * 20_000, "yaml-unreadable"),
        (b"day: 2026-13-45", "yaml-unreadable"),
        (b"x: " + b"y" * 2**20, "yaml-too-large"),
        (b"", "validation-failed"),
        (b"categories: 3", "validation-failed"),
        (b"? [a, b]\n: c", "yaml-invalid"),
        (b"categories: !!bool x", "yaml-invalid"),
        (b"categories: !!timestamp x", "yaml-invalid"),
        (b'categories: "\\uD800"', "yaml-invalid"),
        (b"categories: " + b"9" * 4_301, "yaml-invalid"),
        (b"categories: 0x" + b"f" * 4_000, "yaml-invalid"),
    ],
)
async def test_yaml_that_is_hostile_or_none(
    client: httpx.AsyncClient, admin: dict[str, str], content: bytes, code: str
) -> None:
    answer = await client.put(f"{FILES}/configuration.yaml", content=content, headers=admin | YAML)
    assert answer.status_code == 422, answer.text
    assert code_of(answer)[1] == code


async def test_files_of_a_kind_that_is_not_taken(client: httpx.AsyncClient, as_: As, admin: dict[str, str]) -> None:
    png = await client.put(f"{FILES}/sources", content=b"x", headers=admin | {"Content-Type": "image/png"})
    assert code_of(png) == (415, "file-kind-unsupported")
    none = await client.put(f"{FILES}/colours", content=b"x", headers=admin | {"Content-Type": XLSX})
    assert none.status_code == 422
    missing = await client.get(f"{FILES}/sources.xlsx?version=7", headers=admin)
    assert code_of(missing) == (404, "configuration-version-not-found")
    assert (await client.put(f"{FILES}/sources", content=b"x", headers=as_(Role.OPERATOR))).status_code == 403
    assert (await client.get(f"{FILES}/sources.csv", headers=as_(Role.CITIZEN))).status_code == 403

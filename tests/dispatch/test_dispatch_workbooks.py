"""Workbooks that no spreadsheet has written, and texts that no workbook can hold."""

import io
import time
import zipfile

import pytest

from dispatch.directory import put
from dispatch.test_dispatch_exports import workbook as exported
from dispatch.test_dispatch_imports import XLSX, code, take, workbook
from dispatch.world import World


async def test_a_row_that_no_spreadsheet_has_is_refused_at_once(world: World) -> None:
    given = zipfile.ZipFile(io.BytesIO(workbook(["code", "name", "sub_district"], ["c-1", "一", "金南街道"])))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in given.namelist():
            content = given.read(name)
            if name.endswith("sheet1.xml"):
                content = content.replace(b'<row r="2"', b'<row r="3000000000"')
                assert b"3000000000" in content
            archive.writestr(name, content)

    before = time.process_time()
    assert code(await take(world, "communities", file.getvalue(), XLSX)) == (422, "workbook-unreadable")
    assert time.process_time() - before < 5


@pytest.mark.parametrize("odd", ["\ufffe", "\uffff"])
async def test_what_no_workbook_can_hold_does_not_keep_it_from_being_written(world: World, odd: str) -> None:
    await put(world, "communities/odd", {"name": f"一{odd}二", "sub_district": "金南街道"})
    named = {line["code"].value: line["name"].value for line in await exported(world, "communities")}
    assert named["odd"] == "一\N{REPLACEMENT CHARACTER}二"

"""Archives that were damaged on their way: each is unreadable, whatever it was packed by."""

import io
import zipfile
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.sheets.unpacking import WorkbookTooLarge, WorkbookUnreadable, check_unpacked

PACKINGS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
ENOUGH = 1_000_000


def archive(packing: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packing) as made:
        for number in range(3):
            made.writestr(f"sheet{number}.xml", "".join(Random(number).choices('abc<>/ "', k=2_000)))
    return file.getvalue()


ARCHIVES = {packing: archive(packing) for packing in PACKINGS}


@pytest.mark.parametrize("packing", PACKINGS)
@given(places=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6))
def test_whatever_is_damaged_nothing_else_is_raised(packing: int, places: list[tuple[float, int]]) -> None:
    damaged = bytearray(ARCHIVES[packing])
    for place, value in places:
        damaged[int(place * len(damaged))] = value

    try:
        check_unpacked(io.BytesIO(damaged), ENOUGH)
    except (WorkbookTooLarge, WorkbookUnreadable):
        return
    assert zipfile.ZipFile(io.BytesIO(damaged)).testzip() is None


@pytest.mark.parametrize("packing", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_a_member_whose_packing_is_broken_is_unreadable(packing: int) -> None:
    damaged = bytearray(ARCHIVES[packing])
    begin = len("PK") + 28 + len("sheet0.xml") + 10
    damaged[begin : begin + 40] = b"\xff" * 40

    with pytest.raises(WorkbookUnreadable):
        check_unpacked(io.BytesIO(damaged), ENOUGH)

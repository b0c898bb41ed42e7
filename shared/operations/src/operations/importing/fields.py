"""The fields of a complaint that a file can fill, and what each of them takes."""

from collections.abc import Mapping

from operations.importing.said import Said

EXPECTED: Mapping[str, Said] = {
    "source": Said("事件来源的代码，见 GET /intake/v1/sources", "a code of GET /intake/v1/sources"),
    "kind": Said(
        "complaint（投诉）、inquiry（咨询）、help（求助）、report（举报）或 suggestion（建议）",
        "complaint, inquiry, help, report or suggestion",
    ),
    "category": Said(
        "类别的代码，见 GET /intake/v1/categories；也可留空", "a code of GET /intake/v1/categories, or nothing"
    ),
    "description": Said("不超过 10,000 个字符的文字", "a text of at most 10,000 characters"),
    "location.lon": Said("经度，-180 至 180，并有纬度", "degrees from -180 to 180, with a latitude"),
    "location.lat": Said("纬度，-90 至 90，并有经度", "degrees from -90 to 90, with a longitude"),
    "location.crs": Said("WGS84、GCJ02、BD09 或 CGCS2000", "WGS84, GCJ02, BD09 or CGCS2000"),
    "location.address": Said(
        "不超过 500 个字符的地址，或经度和纬度", "an address of at most 500 characters, or a longitude and a latitude"
    ),
    "reporter.name": Said("不超过 100 个字符的姓名", "a name of at most 100 characters"),
    "reporter.phone": Said("电话号码，如 13800000000", "a telephone number such as 13800000000"),
    "reporter.email": Said("邮箱地址，如 somebody@example.org", "an address such as somebody@example.org"),
    "station": Said("站点的代码；仅部分事件来源可填", "the code of a station, where the source takes one"),
    "order.number": Said(
        "上级交办的文号；仅部分事件来源可填", "the number of a superior's order, where the source takes one"
    ),
    "device.id": Said(
        "摄像头或传感器的编号；仅部分事件来源可填", "the id of a camera or sensor, where the source takes one"
    ),
    "occurred_at": Said("早于现在的时间，如 2024-02-28 11:25:05", "a time in the past such as 2024-02-28 11:25:05"),
    "external_ref": Said(
        "不超过 100 个字符的外部编号，同一来源内不得重复",
        "a reference of at most 100 characters that no other row of the source has",
    ),
}
"""Each field, and what would be right in it."""
TARGETS = tuple(EXPECTED)
NUMBERS = frozenset({"location.lon", "location.lat"})
MOMENT = "occurred_at"
PLACE = ("location.lon", "location.lat", "location.address")
ATTRIBUTE = Said(
    "不超过 1,000 个字符的文字，属性最多 50 项", "a text of at most 1,000 characters, in at most 50 attributes"
)
NOTHING = Said("", "")


def expected_at(pointer: str) -> tuple[str | None, Said]:
    """Return which field a JSON pointer of a complaint's body means, None for none of these, and what it takes."""
    path = pointer.strip("/").replace("/", ".")
    if path == "location":
        return "location.address", EXPECTED["location.address"]
    field = next((target for target in TARGETS if path == target or path.startswith(f"{target}.")), None)
    return field, EXPECTED[field] if field else ATTRIBUTE if path.startswith("attributes") else NOTHING

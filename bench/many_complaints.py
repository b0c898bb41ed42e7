"""A county with a million complaints, for `bench.similar`: a year of them, made of places, problems and wordings."""

import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from eventbus.janitor import first_id_at
from intake_service.domain.likeness import keys, pairs, said
from intake_service.persistence.likeness import cell

_FIRST, _SECOND = "金福丽恒万锦瑞祥和盛华鑫龙凤翠湖东方云景天", "发园城苑府湾庭居里桥山水江滨都园泰安康乐源"
_KINDS = ("小区", "新村", "社区", "花园", "广场", "市场", "家园", "公寓")
_ROADS = "人民建设团结中山解放朝阳麦溪红旗环城滨河"
_THINGS = (
    ("搅拌站", "噪音和灰尘很大", "整天扬尘，窗户都不敢开"),
    ("烧烤摊", "油烟直排，呛得人睡不着", "占着人行道，半夜还在吵"),
    ("广场舞音响", "声音太大，影响孩子写作业", "晚上十点还不停"),
    ("垃圾站", "臭气熏天，蚊子苍蝇多", "垃圾几天没人清运"),
    ("违停车辆", "把消防通道堵死了", "停满盲道，老人只能走马路"),
    ("井盖", "松动，车一过就响", "破了一个多月没人修"),
    ("路灯", "坏了好几盏，晚上一片黑", "整条路不亮，很不安全"),
    ("流动摊贩", "占道经营，交通堵塞", "收摊后满地垃圾"),
    ("违章搭建", "在楼顶加盖了一层", "把绿地围起来做了院子"),
    ("工地", "夜间施工，通宵不停", "渣土车把路压坏了，满地泥"),
    ("飞线充电", "从窗户拉下来好几根线", "电动车停在楼道里充电"),
    ("小广告", "贴满了楼道和电杆", "喷得到处都是，刚清又贴"),
    ("恶犬", "不牵绳，追着小孩跑", "半夜狂叫不止"),
    ("下水道", "堵了，污水漫到路上", "反味很久了"),
    ("麻将馆", "通宵营业，吵得睡不着", "人声嘈杂，还有人打架"),
    ("树枝", "伸到窗户上了", "断了挂在电线上"),
    ("餐馆", "油烟管道对着住户窗口", "污水倒进雨水井"),
    ("围挡", "占了半条路，迟迟不拆", "倒在人行道上"),
    ("共享单车", "乱停乱放，堵住出入口", "堆成山没人管"),
    ("电线", "低垂到头顶，很危险", "乱拉乱接"),
    ("快递点", "货堆在消防通道", "占用公共绿地"),
    ("施工围墙", "倒了一段", "裂缝很大要倒"),
    ("公厕", "没人打扫，没法进去", "长期关门"),
    ("护栏", "被撞坏了没修", "缺了一段，孩子差点掉下去"),
)
_OPENINGS = ("您好，", "尊敬的领导：", "", "请问", "再次反映：", "我是住户，", "我们这里的居民反映，", "麻烦看一下，")
_ENDINGS = (
    "请尽快处理。",
    "希望有人管管！",
    "已经打过两次电话了。",
    "谢谢。",
    "多次投诉没有结果。",
    "请相关部门核查。",
    "盼回复。",
    "",
)
_CATEGORIES = ("street_order.parking", "city_appearance.litter", "noise_and_fumes.noise", "street_order.vendors")
_YEAR = timedelta(days=365)
_BATCH = 20_000
_COLUMNS = (
    "id", "tenant", "number", "query_code", "status", "source", "proactive", "category", "description", "lon", "lat",
    "address", "anonymous", "created_by", "received_at", "updated_at",
)  # fmt: skip
_LIKENESS = ("complaint_id", "tenant", "cell", "lon", "lat", "keys")


class Drawn(NamedTuple):
    """What somebody says, and where."""

    text: str
    address: str
    lon: float
    lat: float


def draw(chance: random.Random) -> Drawn:
    """Return a complaint of one of 400 places and 24 problems, in one of many wordings."""
    number = int(400 * chance.random() ** 1.5)  # some places are worse than others
    place = f"{_FIRST[number % 20]}{_SECOND[number // 20 % 20]}{_KINDS[number % 8]}"
    road = f"{_ROADS[number % 10 * 2 : number % 10 * 2 + 2]}路{chance.randrange(1, 300)}号"
    thing, one, other = _THINGS[int(24 * chance.random() ** 1.3)]
    where = chance.choice(
        (f"{place}门口的", f"{road}{place}", f"{place}{chance.randrange(1, 30)}栋旁边", f"{road}附近")
    )
    what = chance.choice((one, other, f"{one}，{other}"))
    text = f"{chance.choice(_OPENINGS)}{where}{thing}{what}，{chance.choice(_ENDINGS)}"
    of_place = random.Random(number)
    lon, lat = 107.18 + of_place.random() * 0.11, 26.53 + of_place.random() * 0.1
    return Drawn(text, f"{road}{place}", lon + chance.gauss(0, 0.0007), lat + chance.gauss(0, 0.0007))


async def make(connection: Any, tenant: str, count: int) -> list[UUID]:
    """Make `count` complaints with their index, and let the database look at them; return the ids, oldest first."""
    chance, now = random.Random(1), datetime.now(UTC)
    indexes = await connection.fetch(
        "SELECT indexname AS name, indexdef AS made FROM pg_indexes"
        " WHERE tablename = 'complaint_likeness' AND indexname <> 'complaint_likeness_pkey'"
    )
    for index in indexes:  # what is built at once is what row by row becomes, in a tenth of the time
        await connection.execute(f'DROP INDEX "{index["name"]}"')
    ids: list[UUID] = []
    for first in range(0, count, _BATCH):
        moments = [now - _YEAR * (count - n) / count for n in range(first, min(first + _BATCH, count))]
        made = [(_id(moment, chance), moment, draw(chance)) for moment in moments]
        rows = [_row(tenant, first + n, *each) for n, each in enumerate(made)]
        await connection.copy_records_to_table("complaint", records=rows, columns=_COLUMNS)
        likeness = [_indexed(tenant, *each) for each in made]
        await connection.copy_records_to_table("complaint_likeness", records=likeness, columns=_LIKENESS)
        ids += [each[0] for each in made]
        print(f"{len(ids):,} complaints", flush=True)
    await connection.execute("SET maintenance_work_mem = '512MB'")
    begun = time.perf_counter()
    for index in indexes:
        await connection.execute(index["made"], timeout=3600)
    print(f"indexes built in {time.perf_counter() - begun:.0f} s", flush=True)
    await connection.execute("UPDATE likeness_mark SET before = $1", first_id_at(now))
    for table in ("complaint", "complaint_likeness"):
        await connection.execute(f"VACUUM ANALYZE {table}", timeout=3600)
    return ids


def _id(moment: datetime, chance: random.Random) -> UUID:
    return UUID(int=first_id_at(moment).int | 7 << 76 | 2 << 62 | chance.getrandbits(62))


def _row(tenant: str, number: int, complaint: UUID, moment: datetime, drawn: Drawn) -> tuple[Any, ...]:
    return (
        complaint, tenant, f"GD{number:08}", "-", "closed", "resident_app", False, _CATEGORIES[number % 4], drawn.text,
        drawn.lon, drawn.lat, drawn.address, False, "bench", moment, moment,
    )  # fmt: skip


def _indexed(tenant: str, complaint: UUID, moment: datetime, drawn: Drawn) -> tuple[Any, ...]:
    found = keys(pairs(said(drawn.text, drawn.address)), tenant, moment).tolist()
    return complaint, tenant, cell(drawn.lon, drawn.lat), drawn.lon, drawn.lat, found

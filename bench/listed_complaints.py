"""A county with a million complaints, for `bench.complaint_list`: three years of them, most of them ended."""

from typing import Any
from uuid import UUID

# One statement on the server: rows that are made there need not be sent. Ids are UUIDv7 of the moment of receipt, so
# the list is in order of time, as it is in life. What is said goes with the category, as it does in life, where two
# words that are both common may never meet.
_SEED = """
    WITH made AS (
        SELECT n, now() - ($2 - n) * interval '3 years' / $2 AS received,
               CASE WHEN $2 - n < $2 / 100 AND n % 3 > 0
                    THEN ('{received,assigned,accepted,in_progress,suspended,resolved,verified}'::text[])[1 + n % 7]
                    WHEN n % 997 = 0 THEN 'in_progress' WHEN n % 53 = 0 THEN 'withdrawn' ELSE 'closed' END AS status,
               1 + floor(13.99 * power(random(), 2))::int AS kind, lpad((1 + n % 15)::text, 2, '0') AS place
        FROM generate_series($3::int, $4::int) AS n
    ), said AS (
        SELECT *, status IN ('closed', 'withdrawn') AS is_past,
               received + random() * least(interval '72 h', now() - received) AS updated,
               ('{street_order.parking,street_order.vendors,city_appearance.litter,noise.fumes,noise.construction,'
                   'street_order.road_occupation,city_appearance.small_ads,facilities.lamps,safety.strung_wires,'
                   'civility.dogs,safety.charging_cables,illegal_building.unauthorised,city_appearance.piling,'
                   'facilities.covers}'::text[])[kind] AS category,
               ('{小区门口的人行道和盲道长期停满车辆，行人只能走到机动车道上,路边流动摊贩占道经营，收摊后满地垃圾,'
                '垃圾桶满了好几天没有人清运，气味很重,楼下餐馆的油烟直接排到居民窗前，叫人没法开窗,'
                '工地夜间施工噪音很大，影响老人和孩子休息,商铺把货物摆到店外，占用人行道,电线杆和墙面贴满小广告,'
                '路灯坏了两盏，晚上很黑,电线乱拉，离晾衣绳很近,有人遛狗不牵绳，吓到小孩,从楼上拉线给电动车充电，有火灾隐患,'
                '楼顶违法搭建彩钢棚，下雨漏水,楼道堆放杂物，消防通道被堵,井盖松动，汽车经过时声音很响}'::text[])[kind]
               || '。' || ('{早晚高峰尤其危险,已经持续了一个多月,之前打过电话没有结果,周末特别严重,'
                           '学生上学放学都要从这里经过}'::text[])[1 + floor(4.99 * random())::int]
               || '，请派人处理。' || CASE WHEN n % 1000 = 7 THEN '附近的幼儿园意见很大。' ELSE '' END
               || CASE WHEN n % 200 = 3 THEN 'The parking lot is blocked by a truck.' ELSE '' END AS description
        FROM made
    )
    INSERT INTO complaint (
        id, tenant, number, query_code, status, version, sequence, source, proactive, category, description, lon, lat,
        address, given_lon, given_lat, given_crs, anonymous, created_by, received_at, updated_at, external_ref, unit,
        community, grid, progress, ended_as, ended_at)
    SELECT uuidv7(received - statement_timestamp()), $1, to_char(received, 'YYYYMMDD-') || lpad(n::text, 7, '0'),
           substr(md5(n::text), 1, 12), status, 4, 1,
           ('{resident_app,hotline,liaison_station,grid_patrol,regular_inspection,media}'::text[])
               [1 + floor(5.99 * power(random(), 2))::int],
           random() < 0.3, category, description,
           107.18 + random() * 0.11, 26.53 + random() * 0.1, '福来社区' || n % 400 || '号', 107.2, 26.5, 'WGS84',
           random() < 0.2, 'citizen-' || n % 50000, received,
           updated,
           CASE WHEN n % 20 = 0 THEN 'REF-' || n END, '城管' || place || '队',
           CASE WHEN status <> 'received' THEN 'community-' || place END,
           CASE WHEN status <> 'received' THEN 'grid-' || place END,
           jsonb_build_array(jsonb_build_object('status', 'assigned', 'at', received)),
           CASE WHEN is_past THEN status END, CASE WHEN is_past THEN updated END
    FROM said ORDER BY n
"""
_PEOPLE = """
    INSERT INTO reporter (complaint_id, tenant, name, phone)
    SELECT id, tenant, '张' || right(number, 4), '138' || lpad((random() * 99999999)::int::text, 8, '0')
    FROM complaint WHERE NOT anonymous AND id > $1
"""
_BATCH = 50_000
_FIRST = UUID(int=0)


async def make(connection: Any, tenant: str, count: int) -> None:
    """Make `count` complaints, with all indexes in place; their words are read by the service."""
    for first in range(1, count + 1, _BATCH):
        last = min(first + _BATCH - 1, count)
        await connection.execute(_SEED, tenant, count, first, last, timeout=600)
        print(f"{last:,} complaints", flush=True)
    await connection.execute(_PEOPLE, _FIRST, timeout=600)
    await connection.execute("INSERT INTO complaint_unread SELECT id FROM complaint", timeout=600)
    await connection.execute("UPDATE likeness_mark SET before = uuidv7()")  # no index of likeness is made meanwhile


async def settle(connection: Any) -> None:
    """Let the database look at them, as it does by itself in life."""
    await connection.execute("VACUUM ANALYZE complaint, complaint_text, reporter", timeout=900)

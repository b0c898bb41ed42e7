"""A county with a million cases, for `bench.case_list`: three years of them, most of them closed."""

from typing import Any

# One statement on the server: rows that are made there need not be sent. Ids are UUIDv7 of the moment of receipt, so
# the list is in order of time, as it is in life.
_SEED = """
    INSERT INTO dispatch_case (
        complaint_id, tenant, number, status, round, clock_round, version, sequence, team, grid, grid_version,
        community, explanation, category, source, proactive, description, lon, lat, address, officer, handling_mode,
        result, received_at, assigned_at, accepted_at, started_at, resolved_at, updated_at, begun_at, grade,
        clock_version, clock_unit, clock_budget, accept_by, on_site_by, warn_at, promised_at, twice_at, escalated,
        timer_at, suspended_at)
    SELECT uuidv7(received - statement_timestamp()), $1, 'GD' || lpad(n::text, 8, '0'), status, 1, 1, 4, 4,
           'team-' || place, 'grid-' || place, 1, 'community-' || place,
           jsonb_build_object('rule', 'grid', 'grid', 'grid-' || place, 'grid_version', 1, 'team', 'team-' || place),
           ('{street_order.parking,street_order.vendors,street_order.road_occupation,city_appearance.small_ads,'
            'city_appearance.litter,city_appearance.piling,safety.strung_wires,safety.charging_cables,noise.fumes,'
            'noise.construction,public_facilities.lamps,conduct.dogs,illegal_building.unauthorised}'::text[])
               [1 + floor(12.99 * power(random(), 2))::int],
           ('{resident_app,hotline,liaison_station,grid_patrol,regular_inspection,media}'::text[])
               [1 + floor(5.99 * power(random(), 2))::int],
           random() < 0.3, '小区门口的人行道和盲道长期停满车辆，行人只能走到机动车道上，早晚高峰尤其危险，请派人处理。',
           107.18 + random() * 0.11, 26.53 + random() * 0.1, '福来社区' || n % 400 || '号',
           CASE WHEN status <> 'assigned' THEN 'officer-' || place || '0' || 1 + n % 5 END,
           CASE WHEN is_done THEN 'guidance' END, CASE WHEN is_done THEN '已劝离，车主已挪车' END,
           received, received, received + '20 min', received + '1 h',
           CASE WHEN is_done THEN received + '3 h' + random() * interval '24 h' END,
           least(received + random() * interval '72 h', now()), received,
           (ARRAY['ordinary', 'ordinary', 'ordinary', 'urgent'])[1 + n % 4], 1, 'hours', '24 h',
           received + '1 h', received + '4 h', received + '19 h', received + '24 h', received + '48 h', 0,
           received + '19 h', CASE WHEN status = 'suspended' THEN received + '5 h' END
    FROM (
        SELECT n, received, status, status IN ('resolved', 'verified', 'closed') AS is_done,
               lpad((1 + n % 15)::text, 2, '0') AS place
        FROM (
            SELECT n, now() - ($2 - n) * interval '3 years' / $2 AS received,
                   CASE WHEN $2 - n < $2 / 100 AND n % 3 > 0
                        THEN ('{assigned,accepted,in_progress,suspended,resolved,verified}'::text[])[1 + n % 6]
                        WHEN n % 997 = 0 THEN 'in_progress' WHEN n % 53 = 0 THEN 'withdrawn' ELSE 'closed' END AS status
            FROM generate_series($3::int, $4::int) AS n) AS drawn) AS made
    ORDER BY n
"""
_BATCH = 50_000


async def make(connection: Any, tenant: str, count: int) -> None:
    """Make `count` cases, with all indexes in place, and let the database look at them."""
    for first in range(1, count + 1, _BATCH):
        last = min(first + _BATCH - 1, count)
        await connection.execute(_SEED, tenant, count, first, last, timeout=600)
        print(f"{last:,} cases", flush=True)
    await connection.execute("VACUUM ANALYZE dispatch_case", timeout=600)

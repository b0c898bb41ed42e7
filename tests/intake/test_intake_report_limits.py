"""How many complaints a citizen may file, at one replica and at several."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from pydantic import SecretStr

from contracts.roles import Role
from intake.conftest import SECRET, TENANT, As
from intake.reports import HOTLINE, report
from intake_service.main import build
from intake_service.persistence.new_complaints import Acceptance
from intake_service.service.report_counts import ReportCounts
from intake_service.service.report_limits import REFUSED
from refusals import code_of
from runtime.auth import TokenVerifier
from runtime.database import run_migrations
from runtime.lifecycle import Service
from runtime.settings import RuntimeSettings

PER_HOUR, PER_DAY = 3, 5


class Replica:
    """One process of intake, as far as limits go."""

    def __init__(self, service: Service) -> None:
        self.service = service
        transport = httpx.ASGITransport(service.app, raise_app_exceptions=False)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://intake.test/intake/v1")

    @property
    def counts(self) -> ReportCounts:
        counts: ReportCounts = self.service.app.state.intake._watch.counts
        return counts

    async def file(self, headers: dict[str, str], **changes: object) -> httpx.Response:
        return await self.client.post("/complaints", json=report(**changes), headers=headers)


@pytest_asyncio.fixture(loop_scope="session")
async def replicas(database_url: str) -> AsyncIterator[list[Replica]]:
    """Two replicas on one database; their rounds do not run."""
    run_migrations("intake_service", database_url)
    settings = RuntimeSettings(
        intake_database_url=database_url,
        token_secret=SecretStr(SECRET),
        tenant=TENANT,
        reports_per_hour=PER_HOUR,
        reports_per_day=PER_DAY,
        reports_per_phone_hour=2,
        reports_per_device_day=2,
    )
    services = [build(settings, TokenVerifier(settings)) for _ in range(2)]
    for service in services:
        await service.open()
    yield [Replica(service) for service in services]
    for service in services:
        await service.close()


async def test_a_device_has_limits_as_shipped_and_nobody_else(client: httpx.AsyncClient, as_: As) -> None:
    device = {"X-Device-Id": "0d1f6c1e-broken-app"}
    answers = [
        await client.post("/complaints", json=report(), headers=as_(Role.CITIZEN, f"citizen-{number}", **device))
        for number in range(21)
    ]
    assert [answer.status_code for answer in answers] == [201] * 20 + [429]
    assert code_of(answers[-1]) == (429, "device-reports-too-often")
    for role in (Role.CITIZEN, Role.OPERATOR):
        body = report() if role is Role.CITIZEN else HOTLINE
        assert (await client.post("/complaints", json=body, headers=as_(role))).status_code == 201
    assert (await client.post("/complaints", json=HOTLINE, headers=as_(Role.OPERATOR, **device))).status_code == 201


async def test_one_too_many_is_refused_until_the_hour_is_over(replicas: list[Replica], as_: As) -> None:
    replica, headers = replicas[0], as_(Role.CITIZEN, "keen")
    answers = await asyncio.gather(*(replica.file(headers) for _ in range(PER_HOUR + 4)))
    assert Counter(answer.status_code for answer in answers) == {201: PER_HOUR, 429: 4}
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert code_of(refused) == (429, "reports-too-often")
    assert 3500 < int(refused.headers["retry-after"]) <= 3601
    assert (await replica.file(as_(Role.CITIZEN, "other"))).status_code == 201
    assert (await replica.file(as_(Role.CITIZEN, "keen", tenant="520102"))).status_code == 201
    for each in (Role.OPERATOR, Role.OPERATOR, Role.OPERATOR, Role.OPERATOR):
        filed = await replica.client.post("/complaints", json=HOTLINE, headers=as_(each))
        assert filed.status_code == 201


async def test_the_other_replica_knows_once_it_has_read(replicas: list[Replica], as_: As) -> None:
    one, other = replicas
    headers = as_(Role.CITIZEN, "wanderer")
    for _ in range(PER_HOUR):
        assert (await one.file(headers)).status_code == 201
    assert (await other.file(headers)).status_code == 201  # it has not heard of the others
    await other.counts.renew()
    assert (await other.file(headers)).status_code == 429


async def test_of_a_key_that_is_known_what_others_file_is_read_again_and_again(
    replicas: list[Replica], as_: As
) -> None:
    one, other = replicas
    headers = as_(Role.CITIZEN, "commuter")
    assert (await other.file(headers)).status_code == 201
    await other.counts.renew()
    for _ in range(PER_HOUR - 1):
        assert (await one.file(headers)).status_code == 201
        await other.counts.renew()
    assert (await other.file(headers)).status_code == 429
    mine = other.counts.of((TENANT, "account", "commuter"))
    assert len(mine) == PER_HOUR
    assert len({each.text for each in mine.values()}) == 1


async def test_what_was_not_filed_does_not_count_and_repeats_get_their_answer(replicas: list[Replica], as_: As) -> None:
    replica = replicas[0]
    headers = as_(Role.CITIZEN, "careful", **{"Idempotency-Key": "the-first"})
    first = await replica.file(headers)
    for _ in range(PER_HOUR):
        assert (await replica.file(headers)).json() == first.json()
        assert (await replica.file(as_(Role.CITIZEN, "careful"), category="nothing.such")).status_code == 422
    for _ in range(PER_HOUR - 1):
        assert (await replica.file(as_(Role.CITIZEN, "careful"))).status_code == 201
    assert (await replica.file(as_(Role.CITIZEN, "careful"))).status_code == 429
    assert (await replica.file(headers)).json() == first.json()


async def test_what_could_not_be_stored_counts_only_where_it_is_there_after_all(
    replicas: list[Replica], as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    replica, headers = replicas[0], as_(Role.CITIZEN, "unlucky")
    commits = replica.service.app.state.intake._commits
    submit, broken = commits.submit, ConnectionError("the database is away")

    async def fail(_: Acceptance) -> bool:
        raise broken

    async def store_and_fail(acceptance: Acceptance) -> bool:
        await submit(acceptance)
        raise broken

    for broken_submit, then in ((fail, 201), (store_and_fail, 429)):
        monkeypatch.setattr(commits, "submit", broken_submit)
        assert [(await replica.file(headers)).status_code for _ in range(PER_HOUR)] == [503] * PER_HOUR
        monkeypatch.setattr(commits, "submit", submit)
        await replica.counts.renew()
        assert (await replica.file(headers)).status_code == then


async def test_a_twin_on_its_way_is_waited_for_and_a_refusal_takes_no_number(replicas: list[Replica], as_: As) -> None:
    replica, headers = replicas[0], as_(Role.CITIZEN, "twofold")
    for _ in range(PER_HOUR - 1):
        assert (await replica.file(headers)).status_code == 201
    before = REFUSED.labels("account")._value.get()
    once = headers | {"Idempotency-Key": "twice-at-once"}
    one, other = await asyncio.gather(replica.file(once), replica.file(once))
    assert (one.status_code, other.status_code, one.json()) == (201, 201, other.json())
    assert REFUSED.labels("account")._value.get() == before
    assert (await replica.file(headers)).status_code == 429
    assert REFUSED.labels("account")._value.get() == before + 1
    after = (await replica.file(as_(Role.CITIZEN, "next"))).json()["number"]
    assert int(after[-6:]) == int(one.json()["number"][-6:]) + 1


async def test_what_is_read_again_counts_by_the_hour_and_by_the_day(replicas: list[Replica], as_: As) -> None:
    one, other = replicas
    headers = as_(Role.CITIZEN, "steady")
    for _ in range(PER_HOUR):
        assert (await one.file(headers)).status_code == 201
    engine = one.service.app.state.engine
    async with engine.begin() as connection:  # they are of two hours ago
        await connection.execute(
            sa.text(
                "UPDATE complaint SET received_at = received_at - make_interval(hours => 2) WHERE created_by = :by"
            ),
            {"by": "steady"},
        )
    one.counts._recent._filed.clear()
    one.counts._unread.add((TENANT, "account", "steady"))
    await one.counts.renew()
    statuses = [(await one.file(headers)).status_code for _ in range(PER_DAY - PER_HOUR + 1)]
    assert statuses == [201] * (PER_DAY - PER_HOUR) + [429]
    late = await one.file(headers)
    assert int(late.headers["retry-after"]) > timedelta(hours=21).total_seconds()
    await other.file(headers)
    await other.counts.renew()
    assert (await other.file(headers)).status_code == 429


async def test_a_batch_is_refused_item_by_item(replicas: list[Replica], as_: As) -> None:
    batch = {"items": [report() for _ in range(PER_HOUR + 2)]}
    answer = await replicas[0].client.post("/complaints/batch", json=batch, headers=as_(Role.CITIZEN, "bulky"))
    assert Counter(item["status"] for item in answer.json()["items"]) == {201: PER_HOUR, 429: 2}


async def test_a_phone_and_a_device_have_limits_of_their_own_at_all_replicas(replicas: list[Replica], as_: As) -> None:
    one, other = replicas
    phone, device = {"reporter": {"phone": "13985000001"}}, {"X-Device-Id": "0d1f6c1e-phone-7"}
    for number in range(2):
        assert (await one.file(as_(Role.CITIZEN, f"caller-{number}"), **phone)).status_code == 201
        assert (await one.file(as_(Role.CITIZEN, f"holder-{number}", **device))).status_code == 201
    assert code_of(await one.file(as_(Role.CITIZEN, "caller-9"), **phone)) == (429, "phone-reports-too-often")
    refused = await one.file(as_(Role.CITIZEN, "holder-9", **device))
    assert code_of(refused) == (429, "device-reports-too-often")
    assert int(refused.headers["retry-after"]) > timedelta(hours=23).total_seconds()
    elsewhere = as_(Role.CITIZEN, "holder-9", tenant="520102", **device)
    assert (await one.file(elsewhere)).status_code == 201
    on_behalf = {**HOTLINE, **phone}
    assert (await one.client.post("/complaints", json=on_behalf, headers=as_(Role.OPERATOR))).status_code == 201
    statuses = [(await other.file(as_(Role.CITIZEN, "holder-8", **device))).status_code]
    await other.counts.renew()
    statuses.append((await other.file(as_(Role.CITIZEN, "holder-8", **device))).status_code)
    assert statuses == [201, 429]
    async with one.service.app.state.engine.connect() as connection:
        kept = await connection.execute(sa.text("SELECT device FROM complaint WHERE device IS NOT NULL"))
        assert {len(digest) for digest in kept.scalars()} == {16}


async def test_what_is_imported_of_history_counts_for_nobody(replicas: list[Replica], as_: As) -> None:
    one, other = replicas
    phone = {"reporter": {"phone": "13985000077"}}
    rows = [{**HOTLINE, **phone, "occurred_at": "2024-02-28T11:25:05+08:00"} for _ in range(3)]
    filed = await one.client.post("/complaints/batch", json={"items": rows}, headers=as_(Role.OPERATOR))
    assert filed.json()["created"] == 3
    for replica in replicas:
        assert (await replica.file(as_(Role.CITIZEN, "returned"), **phone)).status_code == 201
        await replica.counts.renew()
    assert code_of(await other.file(as_(Role.CITIZEN, "returned"), **phone)) == (429, "phone-reports-too-often")
    long_ago = {"occurred_at": "2024-02-28T11:25:05+08:00", "reporter": {"phone": "13985000078"}}
    statuses = [(await one.file(as_(Role.CITIZEN, "recalls"), **long_ago)).status_code for _ in range(3)]
    assert statuses == [201, 201, 429], "what a citizen says of the time is no way around"


async def test_an_id_of_a_device_that_is_none_is_refused(replicas: list[Replica], as_: As) -> None:
    for given in ("short", "x" * 129, "with a blank", "tab\tinside"):
        answer = await replicas[0].file(as_(Role.CITIZEN, "odd", **{"X-Device-Id": given}))
        assert code_of(answer) == (400, "device-id-invalid")


async def test_what_apps_send_for_want_of_an_id_makes_no_device_of_all_who_use_them(
    replicas: list[Replica], as_: As
) -> None:
    for given in ("undefined", "null", "00000000-0000-0000-0000-000000000000"):
        for number in range(3):  # two from one device are let in
            answer = await replicas[0].file(as_(Role.CITIZEN, f"{given}-{number}", **{"X-Device-Id": given}))
            assert answer.status_code == 201, answer.text


async def test_rules_that_one_replica_publishes_count_at_the_other(replicas: list[Replica], as_: As) -> None:
    one, other = replicas
    tenant, text = "520131", "见 www.example.org"
    headers = [as_(Role.CITIZEN, f"linker-{place}", tenant=tenant) for place in range(2)]
    links = {"code": "links", "zh": "链接", "en": "Links", "reason": "spam", "kind": "links", "more_than": 0}
    assert (await other.file(headers[0], description=text)).status_code == 201
    admin = as_(Role.ADMIN, tenant=tenant)
    assert (await one.client.put("/triage/rules", json={"rules": [links]}, headers=admin)).status_code == 200
    await other.service.app.state.intake._watch.renew()
    receipt = (await other.file(headers[1], description=text)).json()
    queue = await one.client.get("/triage", headers=as_(Role.OPERATOR, tenant=tenant))
    assert [each["id"] for each in queue.json()["items"]] == [receipt["id"]]

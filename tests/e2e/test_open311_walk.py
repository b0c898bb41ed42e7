"""The walk of docs/open311.md, as it is printed."""

from pathlib import Path

from e2e.county import County
from e2e.people import People, eventually
from e2e.printed import prelude, run, section


async def test_a_client_of_the_standard_files_and_reads(county: County, people: People, tmp_path: Path) -> None:
    printed = run(county, prelude(county) + section("docs/open311.md", "A walk") + "\necho; echo $NUMBER", tmp_path)
    number = printed.split()[-1]
    assert "<service_code>facilities.lamps</service_code>" in printed
    assert f"<service_request_id>{number}</service_request_id>" in printed
    assert "福来社区三号路" in printed

    async def assigned() -> bool | None:
        answer = await people.a("partner").get(f"/open311/v2/requests/{number}.json")
        return "agency_responsible" in answer.json()[0] or None

    assert await eventually(assigned)
    assert (await people.a("citizen").get("/open311")).status_code == 404

"""Settings of statistics that are refused over REST, each with its own code."""

from typing import Any

import httpx
import pytest

from contracts.roles import Role
from ledger.conftest import As
from ledger_service.api.statistics_schemas import SettingsBody

TENANT = "t-refusals"


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        (
            {"minutes": {"dispatch": 31, "discovery": 60, "on_site": 30, "removal": 240}},
            "/minutes/dispatch",
            "minutes-no-step",
        ),
        ({"weights": {"happiness": 1}}, "/weights/happiness", "indicator-unknown"),
        ({"weights": {"removal_median": 1}}, "/weights/removal_median", "indicator-no-share"),
        ({"weights": {"closing_rate": 0}}, "/weights", "weights-missing"),
        ({"grades": [60, 80, 90]}, "/grades", "grades-not-falling"),
        ({"basically_satisfied": 1.1}, "/basically_satisfied", "less_than_equal"),
    ],
)
async def test_bad_settings_are_refused(
    client: httpx.AsyncClient, as_: As, change: dict[str, Any], pointer: str, code: str
) -> None:
    admin = as_(Role.ADMIN, tenant=TENANT)
    shown = (await client.get("/statistics/settings", headers=admin)).json()
    own = {name: shown[name] for name in SettingsBody.model_fields}
    answer = await client.put("/statistics/settings", headers=admin, json=own | change)
    assert answer.status_code == 422
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [(pointer, code)]

"""What is an id of a device, and what apps send that have none."""

from datetime import timedelta

import pytest

from intake_service.api.devices import checked
from intake_service.service.report_limits import limits_of
from runtime.problems import Problem
from runtime.settings import RuntimeSettings


@pytest.mark.parametrize(
    "given",
    [
        "00000000-0000-0000-0000-000000000000",
        "{00000000-0000-0000-0000-000000000000}",
        "00000000000000000000000000000000",
        "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
        "00:00:00:00:00:00",
        "xxxxxxxx",
        "--------",
        "undefined",
        "Unknown",
        "null",
        "(null)",
        "none",
        "null-null",
        "unknown_device",
        "deviceId",
    ],
)
def test_what_stands_for_no_device_is_none(given: str) -> None:
    assert checked(given) is None


@pytest.mark.parametrize(
    "given", ["0d1f6c1e-broken-app", "00000000-0000-0000-0000-000000000001", "undefined-7", "00000001"]
)
def test_an_id_stays_as_it_is(given: str) -> None:
    assert checked(given) == given


@pytest.mark.parametrize("given", ["", "short", "0000000", "0" * 129, "x" * 129, "with a blank", "null null", "null\n"])
def test_what_is_no_id_is_refused(given: str) -> None:
    with pytest.raises(Problem) as refused:
        checked(given)
    assert refused.value.code == "device-id-invalid"


def test_nothing_is_counted_by_device_where_the_operator_says_so() -> None:
    shipped = RuntimeSettings(token_secret=None)
    assert limits_of(shipped) == {"device": [(timedelta(hours=1), 20), (timedelta(days=1), 60)]}
    assert limits_of(shipped.model_copy(update={"reports_per_device_hour": 0, "reports_per_device_day": 0})) == {}

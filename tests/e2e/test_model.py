"""Any sequence of actions, one by one and two at once, gives what a plain model gives.

JIEBAN_MODEL_EXAMPLES and JIEBAN_MODEL_STEPS make the search longer than a test run can afford.
"""

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, rule, run_state_machine_as_test

from e2e.county import County
from e2e.model import ACTIONS, Model
from e2e.people import REPORT, TENANT
from runtime.auth import issue_token

EXAMPLES = int(os.environ.get("JIEBAN_MODEL_EXAMPLES", "12"))
STEPS = int(os.environ.get("JIEBAN_MODEL_STEPS", "12"))
_REQUESTS = {
    "accept": ("officer", "/dispatch/v1/cases/{}/accept", {}),
    "start": ("officer", "/dispatch/v1/cases/{}/start", {}),
    "resolve": ("officer", "/dispatch/v1/cases/{}/resolve", {"handling_mode": "guidance", "result": "好了"}),
    "verify": ("inspector", "/ledger/v1/complaints/{}/verification", {"method": "on_site"}),
    "rework": (
        "inspector",
        "/ledger/v1/complaints/{}/verification",
        {"method": "on_site", "passed": False, "note": "没清理干净"},
    ),
    "reopen": ("citizen", "/ledger/v1/complaints/{}/reopening", {"reason": "又来了"}),
    "rate": ("citizen", "/ledger/v1/complaints/{}/feedback", {"satisfaction": "satisfied", "solved": True}),
    "withdraw": ("citizen", "/intake/v1/complaints/{}/withdrawal", {"reason": "已解决"}),
}


class Services:
    """The three services as their users reach them, without waiting in a loop of asyncio."""

    def __init__(self, county: County) -> None:
        secret = (county.directory / "secrets" / "token-secret").read_text().strip()
        self._clients = {role: _client(county.url, secret, role) for role in ("citizen", "officer", "inspector")}
        self._operator = _client(county.url, secret, "operator")

    def create(self) -> str:
        answer = self._clients["citizen"].post("/intake/v1/complaints", json=REPORT)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def act(self, complaint: str, action: str) -> int:
        role, path, content = _REQUESTS[action]
        answer = self._clients[role].post(path.format(complaint), json=content)
        assert answer.status_code in (200, 409), answer.text
        return answer.status_code

    def settle(self, complaint: str, status: str) -> None:
        """Wait until all three services show `status`."""
        paths = [
            f"/{each}/{complaint}" for each in ("intake/v1/complaints", "dispatch/v1/cases", "ledger/v1/complaints")
        ]
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            answers = [self._operator.get(path) for path in paths]
            shown = [answer.json().get("status") if answer.is_success else None for answer in answers]
            if set(shown) == {status}:
                return
            time.sleep(0.01)
        raise AssertionError(f"{complaint}: the services show {shown}, the model says {status}")

    def close(self) -> None:
        for client in (*self._clients.values(), self._operator):
            client.close()


def _client(url: str, secret: str, role: str) -> httpx.Client:
    token = issue_token(secret, f"{role}-demo", TENANT, [role], timedelta(hours=1))
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30)


class Lives(RuleBasedStateMachine):
    """Complaints of the demo county and what people do with them."""

    services: Services
    complaints = Bundle("complaints")

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.pool = ThreadPoolExecutor(2)

    @rule(target=complaints)
    def create(self) -> str:
        complaint = self.services.create()
        self.model.status[complaint] = "assigned"
        self.settle(complaint)
        return complaint

    @rule(complaint=complaints, action=st.sampled_from(ACTIONS))
    def act(self, complaint: str, action: str) -> None:
        expected = self.model.act(complaint, action)
        assert self.services.act(complaint, action) == expected
        self.settle(complaint)

    @rule(complaint=complaints, actions=st.tuples(st.sampled_from(ACTIONS), st.sampled_from(ACTIONS)))
    def race(self, complaint: str, actions: tuple[str, str]) -> None:
        before = self.model.status[complaint]
        first, second = self.pool.map(lambda action: self.services.act(complaint, action), actions)
        assert self.model.race(complaint, actions, (first, second)), f"{before}: {actions} gave {(first, second)}"
        self.settle(complaint)

    def settle(self, complaint: str) -> None:
        self.services.settle(complaint, self.model.shown(complaint))

    def teardown(self) -> None:
        self.pool.shutdown()


@pytest.mark.timeout(300 + EXAMPLES * STEPS * 3)
async def test_lives_through_rest_agree_with_a_plain_model(county: County) -> None:
    Lives.services = Services(county)
    search = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    await asyncio.to_thread(run_state_machine_as_test, Lives, settings=search)
    Lives.services.close()

"""Whether the ledger fits together, and with what it still waits for."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from contracts.roles import Role
from ledger_service.api.deps import Engine
from ledger_service.persistence import reconciliation
from ledger_service.persistence.reconciliation import KINDS
from ledger_service.service.reconciling import differences
from operations.reconciliation import Made, Own
from operations.standing import OutboxState
from runtime.auth import Caller, require
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/reconciliation", tags=["reconciliation"], responses=PROBLEM_RESPONSES)
Auditor = Annotated[Caller, Depends(require(Role.ANALYST, Role.ADMIN))]


class LedgerDifference(BaseModel):
    """Complaints that are wrong in one way."""

    kind: str
    meaning: str
    complaints: int
    examples: list[UUID]


class Reconciliation(BaseModel):
    """How much was compared, what differs, and what the ledger waits for or holds back."""

    made_from: datetime
    made_to: datetime
    entries: int
    complaints: int
    differences: list[LedgerDifference]
    parked: int
    outbox: OutboxState


@router.get("")
async def reconcile(caller: Auditor, engine: Engine, own: Own, window: Made) -> Reconciliation:
    """Compare the entries of a period, the last day by default, with what the ledger knows besides.

    Every source's events of a complaint must be there without a gap, the complaint must be what its entries say, and
    the ledger's own events must be in its outbox. `parked` and `outbox` count what is still on its way, of all tenants.
    What the other services published and the ledger never got is found by `/reconciliations` and by `jieban doctor`,
    which ask all three.
    """
    async with engine.connect() as connection:
        entries, complaints = await reconciliation.extent(connection, caller.tenant, window)
    found = await differences(engine, caller.tenant, window)
    return Reconciliation(
        made_from=window.start,
        made_to=window.end,
        entries=entries,
        complaints=complaints,
        differences=[
            LedgerDifference(
                kind=each.kind, meaning=KINDS[each.kind], complaints=each.complaints, examples=list(each.examples)
            )
            for each in found
        ],
        parked=await own.parked(),
        outbox=await own.outbox(),
    )

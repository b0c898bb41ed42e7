"""Reconciliation of the three services 对账: asking for accounts, and what came of it."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from ledger_service.api.deps import Engine, ReadEngine
from ledger_service.api.unsettled_schemas import Question, ReconciliationView
from ledger_service.persistence import reconciliations
from ledger_service.service.accounting import BACK, FURTHEST, ask
from operations.operators import Operator
from operations.pages import Page, Pages
from operations.problems import invalid
from runtime import idempotency
from runtime.clock import now
from runtime.idempotency import IdempotencyKey, StoredAnswer
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES, Problem, register_texts

register_texts(
    {
        "reconciliation-not-found": (
            "未找到对账",
            "Reconciliation not found",
            "没有这次对账。",
            "There is no such reconciliation.",
        ),
        "reconciliation-period": (
            "起始时间应在现在之前，且不早于 {days} 天前。",
            "Begin before now, and not more than {days} days ago.",
        ),
    }
)
router = APIRouter(prefix="/reconciliations", tags=["reconciliation"], responses=PROBLEM_RESPONSES)


@router.post("", status_code=201, response_model=ReconciliationView)
async def ask_for_accounts(
    body: Question, request: Request, caller: Operator, engine: Engine, key: IdempotencyKey
) -> Response:
    """Ask intake and dispatch for their accounts now; they answer within seconds, as soon as they read it.

    The ledger asks by itself every hour, about the last day. Hours of which something is stuck are always included.
    """
    at = now()
    back = BACK if body.made_from is None else at - body.made_from
    if not 0 < back.total_seconds() <= FURTHEST.total_seconds():
        raise invalid("/from", "reconciliation-period", days=FURTHEST.days)
    digest = idempotency.request_hash(request.method, request.url.path, await request.body())
    async with engine.begin() as connection:
        if key is not None:
            repeated = await idempotency.replay(connection, caller, key, digest)
            if repeated is not None:
                return repeated.response()
        question = await ask(connection, request.app.state.settings.tenant, at, by=caller.subject, back=back)
        row = await reconciliations.find(connection, question)
        if row is None:
            raise _not_found()
        view = ReconciliationView.of(row, [])
        answer = StoredAnswer(201, view.model_dump_json(), {"Location": f"{request.url.path}/{question}"})
        if key is not None:
            await idempotency.store(connection, caller, key, digest, answer)
    return Response(answer.body, answer.status, headers=dict(answer.headers), media_type="application/json")


@router.get("")
async def list_reconciliations(
    request: Request,
    response: Response,
    caller: Operator,
    engine: ReadEngine,
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ReconciliationView]:
    """List reconciliations, the last first; what they found is in `/unsettled`. They are kept for 90 days."""
    pages = Pages(request, caller, "reconciliations", {})
    before = pages.after_id(cursor)
    async with engine.connect() as connection:
        found = await reconciliations.page(connection, before=before, size=limit + 1)
        rows = pages.cut(response, found, limit, lambda row: row["id"])
        stated = await reconciliations.statements(connection, [row["id"] for row in rows])
    return Page(items=[ReconciliationView.of(row, stated) for row in rows])


@router.get("/{reconciliation_id}")
async def show_reconciliation(reconciliation_id: UUID, _caller: Operator, engine: ReadEngine) -> ReconciliationView:
    """Show what the services have stated so far."""
    async with engine.connect() as connection:
        row = await reconciliations.find(connection, reconciliation_id)
        if row is None:
            raise _not_found()
        stated = await reconciliations.statements(connection, [reconciliation_id])
    return ReconciliationView.of(row, stated)


def _not_found() -> Problem:
    return Problem(404, "reconciliation-not-found")

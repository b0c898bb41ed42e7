"""Tickets for the stream: what a browser's EventSource, which sends no headers, shows in place of a token."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from contracts.roles import STAFF
from ledger_service.api.deps import Engine, Staff
from ledger_service.persistence import tickets
from runtime.auth import Caller
from runtime.auth.guards import Guard
from runtime.clock import now
from runtime.problems import PROBLEM_RESPONSES, Problem, register_texts

register_texts(
    {
        "ticket-invalid": (
            "票据无效",
            "Invalid ticket",
            "该票据不存在、已使用或已过期，请重新领取。",
            "The ticket is unknown, used or too old: get another one.",
        ),
    }
)
router = APIRouter(tags=["entries"], responses=PROBLEM_RESPONSES)
VALID = timedelta(seconds=30)
_BYTES = 32
_CHALLENGE = 'Bearer error="invalid_token"'


class TicketView(BaseModel):
    """A ticket that opens the stream once, for whoever asked for it, as `GET /stream?ticket=`."""

    ticket: str
    valid_until: datetime


class ListenerGuard(Guard):
    """Lets staff through who show a token, or in its place a ticket that they were given for theirs."""

    async def __call__(
        self,
        request: Request,
        ticket: Annotated[  # noqa: ARG002 -- for the description of the API; `authenticate` reads it
            str | None, Query(max_length=100, description="In place of a token: of `POST /stream/tickets`.")
        ] = None,
    ) -> Caller:
        """Return the caller, or raise `Problem` 401 or 403."""
        return await self.from_request(request)

    async def authenticate(self, request: Request) -> Caller:
        """Return whose token or ticket it is. A token goes before a ticket, which then stays unused."""
        ticket = request.query_params.get("ticket")
        if ticket is None or "authorization" in request.headers:
            return await super().authenticate(request)
        async with request.app.state.engine.begin() as connection:
            caller = await tickets.take(connection, _digest(ticket))
        if caller is None:
            raise Problem(401, "ticket-invalid", headers={"WWW-Authenticate": _CHALLENGE})
        return caller


listening = ListenerGuard(STAFF)


@router.post("/stream/tickets", status_code=201)
async def give_ticket(response: Response, caller: Staff, engine: Engine) -> TicketView:
    """Give a ticket that opens the stream once within 30 seconds, as the caller and for as long as their token lasts.

    Each call gives another one, so there is nothing to repeat with an `Idempotency-Key`.
    """
    ticket = secrets.token_urlsafe(_BYTES)
    valid_until = now() + VALID
    async with engine.begin() as connection:
        await tickets.give(connection, _digest(ticket), caller, seconds=VALID.total_seconds())
    response.headers["Cache-Control"] = "no-store"
    return TicketView(ticket=ticket, valid_until=valid_until)


def _digest(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode(errors="replace")).digest()

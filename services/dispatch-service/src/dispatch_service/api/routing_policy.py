"""How officers are chosen, and what becomes of cases while nobody of the team is on duty."""

from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from dispatch_service.api.deps import Engine, ReadEngine, Staff
from dispatch_service.api.rules import Ruler
from dispatch_service.persistence import documents
from dispatch_service.persistence.documents import Document
from dispatch_service.persistence.rule_sets import POLICY
from dispatch_service.persistence.tables import routing_document
from dispatch_service.service.rule_reading import policy_of
from runtime.clock import now
from runtime.etag import IfMatch, check, etag
from runtime.problems import PROBLEM_RESPONSES
from runtime.types import Integer

router = APIRouter(prefix="/rules", tags=["routing rules"], responses=PROBLEM_RESPONSES)


class PolicyBody(BaseModel):
    """How officers are chosen, and what becomes of cases while nobody of the team is on duty.

    Positions older than `position_minutes` say nothing. Distances within the same `step_metres` count as equal; the
    fewest open cases decide then. An urgent case is one with a grade above ordinary or, with `urgent_by_limit`, one
    that has to be accepted before the team's next shift begins.
    """

    model_config = ConfigDict(extra="forbid")

    choose_officer: StrictBool = True
    position_minutes: Annotated[Integer, Field(ge=1, le=1440)] = 30
    step_metres: Annotated[Integer, Field(ge=1, le=50_000)] = 500
    urgent: Literal["duty_desk", "next_shift"] = "duty_desk"
    other: Literal["duty_desk", "next_shift"] = "next_shift"
    urgent_by_limit: StrictBool = True


class PolicyView(PolicyBody):
    """The policy in force; `shipped` says that the tenant has set none of its own."""

    shipped: bool
    changed_at: datetime | None
    changed_by: str | None


@router.get("/policy")
async def show_policy(response: Response, caller: Staff, engine: ReadEngine) -> PolicyView:
    """Show how officers are chosen, and what becomes of cases while nobody of the team is on duty."""
    async with engine.connect() as connection:
        document = await documents.read(connection, routing_document, caller.tenant, POLICY)
    return _policy(response, document)


@router.put("/policy")
async def replace_policy(
    body: PolicyBody, response: Response, caller: Ruler, engine: Engine, if_match: IfMatch
) -> PolicyView:
    """Replace the policy; new complaints go by it within a second."""
    async with engine.begin() as connection:
        document = await documents.replace(
            connection,
            routing_document,
            caller.tenant,
            POLICY,
            body.model_dump(),
            check_version=partial(check, if_match),
            actor=caller.subject,
            now=now(),
        )
    return _policy(response, document)


def _policy(response: Response, document: Document) -> PolicyView:
    response.headers["ETag"] = etag(document.version)
    facts = {"changed_at": document.changed_at, "changed_by": document.changed_by}
    return PolicyView(**asdict(policy_of(document.content)), shipped=document.content is None, **facts)

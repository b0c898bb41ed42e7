"""The queue of follow-up tasks 回访: reading and claiming them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.lifecycle import TRANSITIONS, EventType
from contracts.roles import Role
from ledger_service.api.closing_problems import claim_not_yours, claimed, needs_supervisor, task_not_found, task_over
from ledger_service.api.closing_schemas import QuestionBody
from ledger_service.api.deps import Engine, ReadEngine, Staff, sight_of
from ledger_service.api.follow_up_schemas import CallView, TaskStory, TaskView
from ledger_service.api.parameters import Category
from ledger_service.api.views import parse_data, seen
from ledger_service.api.wholeness import whole
from ledger_service.domain.closing_rules import DEFAULT
from ledger_service.domain.errors import FollowUpClaimed
from ledger_service.domain.follow_ups import LEASE, LIVE, Kind, State
from ledger_service.persistence import follow_ups, stories
from ledger_service.persistence.follow_ups import TaskFilter
from ledger_service.service.rule_books import rule_books
from operations.filters import Code
from operations.pages import Page, Pages
from operations.problems import not_found
from runtime.auth import Caller, require
from runtime.clock import now
from runtime.etag import IfMatch, check, etag
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES

router = APIRouter(tags=["follow-ups"], responses=PROBLEM_RESPONSES)
Claimant = Annotated[Caller, Depends(require(*TRANSITIONS[EventType.FOLLOWED_UP].roles, Role.SUPERVISOR))]


async def task_filter(
    caller: Staff,
    state: Annotated[
        Literal["open", "supervisor"] | None, Query(description="Tasks that are done are listed with their complaint.")
    ] = None,
    kind: Kind | None = None,
    category: Category = None,
    source: Code | None = None,
    community: Code | None = None,
    mine: Annotated[bool, Query(description="Those that the caller has claimed.")] = False,
    due: Annotated[bool, Query(description="Without those that are put off.")] = False,
    overdue: bool = False,
) -> TaskFilter:
    """Return what the query asks for."""
    return TaskFilter(
        state=None if state is None else State(state),
        kind=kind,
        category=category,
        source=source,
        community=community,
        claimed_by=caller.subject if mine else None,
        is_due=due,
        is_overdue=overdue,
    )


@router.get("/follow-ups")
async def list_follow_ups(
    request: Request,
    response: Response,
    caller: Staff,
    engine: ReadEngine,
    wanted: Annotated[TaskFilter, Depends(task_filter)],
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[TaskView]:
    """List the tasks with which somebody still has to do something, those that are due first before others."""
    pages = Pages(request, caller, "follow-ups", asdict(wanted))
    present = now()
    async with engine.connect() as connection:
        rows = await _page(connection, response, caller, wanted, pages, cursor, limit, present)
    sight = sight_of(caller)
    return Page(items=[seen(TaskView.of(row, present), sight) for row in rows])


@router.get("/follow-ups/{task_id}")
async def show_follow_up(task_id: UUID, response: Response, caller: Staff, engine: ReadEngine) -> TaskStory:
    """Show a task with its calls and the questions to ask. Phone numbers stay in intake: `complaint.contact`."""
    async with engine.connect() as connection:
        row = await follow_ups.one(connection, caller.tenant, task_id)
        if row is None:
            raise task_not_found()
        [story] = await _stories(connection, caller, [row])
    response.headers["ETag"] = etag(story.version)
    return story


@router.get("/complaints/{complaint_id}/follow-ups")
async def list_follow_ups_of_complaint(
    complaint_id: UUID,
    request: Request,
    response: Response,
    caller: Staff,
    engine: ReadEngine,
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[TaskStory]:
    """List all tasks about a complaint, of all rounds, with their calls."""
    wanted = TaskFilter(complaint=complaint_id)
    pages = Pages(request, caller, "follow-ups of a complaint", asdict(wanted))
    async with engine.connect() as connection:
        if await stories.complaint(connection, caller.tenant, complaint_id, owner=None) is None:
            raise not_found()
        rows = await _page(connection, response, caller, wanted, pages, cursor, limit, now())
        return Page(items=await _stories(connection, caller, rows))


@router.post("/follow-ups/{task_id}/claim", dependencies=[Depends(whole)])
async def claim_follow_up(
    task_id: UUID, response: Response, caller: Claimant, engine: Engine, if_match: IfMatch
) -> TaskView:
    """Claim a task 领取 for half an hour; claiming it again makes that longer, and a call or a decision ends it.

    409 `follow-up-claimed` while a colleague has it, 409 `follow-up-over` once it is done. Reviews, and tasks about
    which a supervisor decides, are claimed by supervisors (403 `review-needs-supervisor`).
    """
    async with engine.begin() as connection:
        present = now()
        row = await _known(connection, caller, task_id, if_match)
        if row["state"] not in LIVE:
            raise task_over(row)
        if (row["kind"] == Kind.REVIEW or row["state"] == State.SUPERVISOR) and not caller.has(Role.SUPERVISOR):
            raise needs_supervisor()
        until = present + LEASE
        key = (connection, caller.tenant, task_id)
        if not await follow_ups.claim(*key, actor=caller.subject, now=present, until=until):
            row = await _known(connection, caller, task_id, None)
            raise claimed(FollowUpClaimed(row["claimed_until"])) if row["state"] in LIVE else task_over(row)
        return _changed(response, await _known(connection, caller, task_id, None), present)


@router.delete("/follow-ups/{task_id}/claim")
async def release_follow_up(
    task_id: UUID, response: Response, caller: Claimant, engine: Engine, if_match: IfMatch
) -> TaskView:
    """Give a claimed task back 退回; 409 `claim-not-yours` where the caller has not claimed it."""
    async with engine.begin() as connection:
        await _known(connection, caller, task_id, if_match)
        if not await follow_ups.release(connection, caller.tenant, task_id, actor=caller.subject):
            raise claim_not_yours()
        return _changed(response, await _known(connection, caller, task_id, None), now())


async def _known(connection: AsyncConnection, caller: Caller, task_id: UUID, if_match: int | None) -> Mapping[str, Any]:
    row = await follow_ups.one(connection, caller.tenant, task_id)
    if row is None:
        raise task_not_found()
    check(if_match, row["version"])
    return row


def _changed(response: Response, row: Mapping[str, Any], present: datetime) -> TaskView:
    response.headers["ETag"] = etag(row["version"])
    return TaskView.of(row, present)


async def _page(
    connection: AsyncConnection,
    response: Response,
    caller: Caller,
    wanted: TaskFilter,
    pages: Pages,
    cursor: str | None,
    limit: int,
    present: datetime,
) -> Sequence[Mapping[str, Any]]:
    after = pages.after_moment(cursor)
    rows = await follow_ups.page(connection, caller.tenant, wanted, now=present, after=after, size=limit + 1)
    return pages.cut(response, rows, limit, lambda row: (row["due_at"], row["id"]))


async def _stories(connection: AsyncConnection, caller: Caller, rows: Sequence[Mapping[str, Any]]) -> list[TaskStory]:
    tenant, sight = caller.tenant, sight_of(caller)
    book = (await rule_books(connection, {tenant})).get(tenant)
    made: dict[UUID, list[CallView]] = {row["id"]: [] for row in rows}
    for entry in await follow_ups.calls(connection, tenant, {row["complaint_id"] for row in rows}):
        said = parse_data(entry["data"])
        made.setdefault(UUID(said["task"]), []).append(seen(CallView(at=entry["occurred_at"], **said), sight))
    found = []
    for row in rows:
        facts = (row["closing_version"], row["category"], row["source"])
        rule = DEFAULT if book is None else book.rule(*facts)
        script = [QuestionBody.model_validate(question) for question in rule.calls.script]
        found.append(seen(TaskStory.told(row, made[row["id"]], script, now()), sight))
    return found

"""Accepts reports: a number, a query code, one commit, then the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.events import SelfHandled
from contracts.roles import Role
from intake_service.domain.area import Area
from intake_service.domain.complaint import OWNERS, NewComplaint, new_query_code
from intake_service.domain.configuration.reference import Reference
from intake_service.domain.report import Report, needs_photo, without_photo
from intake_service.persistence.attached_complaints import AttachedComplaints, WithoutPhoto
from intake_service.persistence.drafts import Submitting
from intake_service.persistence.group_commit import GroupCommit
from intake_service.persistence.new_complaints import Acceptance, NewComplaints
from intake_service.persistence.numbers import Numbers
from intake_service.service.areas import Areas
from intake_service.service.drafting import check_unchanged
from intake_service.service.enclosing import Enclosed
from intake_service.service.judging import refusal_of, refuse_flaws
from intake_service.service.reception import received_event
from intake_service.service.references import References
from intake_service.service.referring import check_listed, check_reference, check_usable
from intake_service.service.report_limits import count_refusal
from intake_service.service.stations import Stations
from intake_service.service.suggesting import Categoriser, Settled
from intake_service.service.twins import Claim, Twins
from intake_service.service.watching import Look, Watch
from runtime import clock, idempotency
from runtime.auth import Caller
from runtime.problems import Problem


@dataclass(frozen=True, slots=True)
class Accepted:
    """The answer to a report, as JSON text; `repeated` where it was given before."""

    id: UUID
    answer: str
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Once:
    """An idempotency key with the hash of the request that bears it."""

    key: str
    request_hash: bytes


class Intake:
    """Accepts reports on one database; all requests of the process share its group commits."""

    def __init__(
        self,
        engine: AsyncEngine,
        hot_engine: AsyncEngine,
        numbers: Numbers,
        references: References,
        areas: Areas,
        categoriser: Categoriser,
        most_attachments: int,
        watch: Watch,
        stations: Stations,
    ) -> None:
        """`numbers` hands out the case numbers; groups of complaints are stored by way of `hot_engine`."""
        self._engine = engine
        self._numbers = numbers
        self._references = references
        self._areas = areas
        self._categoriser = categoriser
        self._most_attachments = most_attachments
        self._watch = watch
        self._stations = stations
        self._attached = AttachedComplaints(engine)
        self._commits: GroupCommit[Acceptance, bool] = GroupCommit(NewComplaints(hot_engine).store)
        self._twins = Twins()

    async def answered(self, caller: Caller, once: Once) -> Accepted | None:
        """Return the answer that the idempotency key got before; Problem 422 where another request used it."""
        async with self._engine.connect() as connection:
            stored = await idempotency.replay(connection, caller, once.key, once.request_hash)
        return Accepted(UUID(orjson.loads(stored.body)["id"]), stored.body, repeated=True) if stored else None

    async def accept(
        self,
        report: Report,
        caller: Caller,
        once: Once | None = None,
        *,
        draft: Submitting | None = None,
        files: Enclosed | None = None,
        device: bytes | None = None,
    ) -> Accepted:
        """Accept `report` durably, or return the answer that its idempotency key got before.

        A `draft` of the caller, which the report was written as, ends in the same commit, which also has the `files`
        that came with it; their ids are among the report's attachments. `device` stands for where it comes from. What
        triage rules suspect is accepted like all else, and put into their queue. Raises Problem: 422 for a report that
        breaks a rule, is out of scope, or bears a key that another request used, 409 for an `external_ref` that the
        source has used or a draft that was submitted, 412 for one that has changed, 429 for one too many.
        """
        now = clock.now()
        reference = await self._references.current(caller.tenant)
        refuse_flaws(report, caller, now, reference)
        settled = await self._settled(report, caller, reference, now, files)
        warnings = await self._stations.warnings(report, caller.tenant)
        area = await self._areas.of(caller.tenant)
        judge = await self._watch.judge(caller.tenant)
        async with self._twins.alone(_claims(report, caller, once, draft)):  # never in the same group
            keys = self._watch.keys(report, caller, device, judge, now)
            if refusal := self._watch.refusal(keys, caller, now):
                if once and (answer := await self.answered(caller, once)):
                    return answer
                count_refusal(refusal)
                raise refusal
            look = self._watch.look(keys, report, settled, reference, judge, now)
            self._watch.take(look)  # nothing was awaited since it was found to be not too much
            stored = False
            try:
                number = await self._numbers.draw(now)
                complaint = _complaint(report, settled, reference, area, caller, number, now, device, look)
                acceptance = _acceptance(complaint, once, warnings)
                stored = await self._store(acceptance, caller, draft, files)
            finally:
                if not stored:
                    self._watch.give_back(look)
        if not stored:
            return await self._known(acceptance, caller, once, draft, files)
        self._categoriser.count(settled, report, caller)
        look.count()
        return Accepted(acceptance.complaint.id, acceptance.answer)

    async def check(self, report: Report, caller: Caller) -> list[dict[str, Any]]:
        """Return what the receipt would warn of, and store nothing.

        Raises what `accept` would of the rules that a report must keep, and of its `external_ref`.
        """
        now = clock.now()
        reference = await self._references.current(caller.tenant)
        refuse_flaws(report, caller, now, reference)
        self._categoriser.settle(report, caller, reference, now)
        warnings = await self._stations.warnings(report, caller.tenant)
        if report.external_ref is not None:
            async with self._engine.connect() as connection:
                await check_reference(connection, caller.tenant, report.source, report.external_ref)
        return warnings

    async def _settled(
        self, report: Report, caller: Caller, reference: Reference, now: datetime, files: Enclosed | None
    ) -> Settled:
        """Return the category of the report; one that was not given and needs a photo, only where there is one."""
        settled = self._categoriser.settle(report, caller, reference, now)
        if report.category is not None or not needs_photo(replace(report, category=settled.category), reference):
            return settled
        has_photo = await self._attached.have_image(report.attachments, caller, files)
        return settled if has_photo else replace(settled, category=None)

    async def _store(
        self, acceptance: Acceptance, caller: Caller, draft: Submitting | None, files: Enclosed | None
    ) -> bool:
        if acceptance.complaint.attachments or draft is not None:
            check_listed(acceptance.complaint.attachments, self._most_attachments)
            try:
                return await self._attached.store(acceptance, caller, draft, files)
            except WithoutPhoto as error:
                raise refusal_of([without_photo(acceptance.complaint.category)]) from error
        return await self._commits.submit(acceptance)

    async def _known(
        self,
        acceptance: Acceptance,
        caller: Caller,
        once: Once | None,
        draft: Submitting | None,
        files: Enclosed | None,
    ) -> Accepted:
        if once and (answer := await self.answered(caller, once)):
            return answer
        async with self._engine.connect() as connection:
            complaint = acceptance.complaint
            if draft is not None:
                await check_unchanged(connection, caller, draft, complaint.received_at)
            new = files.ids if files else frozenset()
            await check_usable(connection, [each for each in complaint.attachments if each not in new], caller)
            if complaint.external_ref is None:  # a twin had the attachments and gave them back
                raise Problem(409, "conflict")
            await check_reference(connection, complaint.tenant, complaint.source, complaint.external_ref)
        raise Problem(409, "conflict")


def _acceptance(complaint: NewComplaint, once: Once | None, warnings: Sequence[Mapping[str, Any]]) -> Acceptance:
    return Acceptance(
        complaint,
        received_event(complaint),
        _answer(complaint, warnings),
        once.key if once else None,
        once.request_hash if once else None,
    )


def _complaint(
    report: Report,
    settled: Settled,
    reference: Reference,
    area: Area,
    caller: Caller,
    number: str,
    now: datetime,
    device: bytes | None,
    look: Look,
) -> NewComplaint:
    suggestion = settled.suggestion
    return NewComplaint(
        id=look.complaint,
        tenant=caller.tenant,
        number=number,
        query_code=new_query_code(),
        source=report.source,
        proactive=reference.sources[report.source].proactive,
        category=settled.category,
        description=report.description,
        location=report.location,
        reporter=report.reporter,
        created_by=caller.subject,
        owner=caller.subject if caller.has(*OWNERS) else None,
        occurred_at=report.occurred_at,
        received_at=now,
        external_ref=report.external_ref,
        configuration=reference.version,
        attributes=report.attributes,
        attachments=report.attachments,
        needs_photo=needs_photo(report, reference),
        suggested_category=suggestion.code if suggestion else None,
        suggested_confidence=suggestion.confidence if suggestion else None,
        self_handled=_self_handled(report, caller, now),
        kind=report.kind,
        origin=replace(report.origin, system=caller.has(Role.PARTNER)),
        outside_area=area.is_outside(report.location.lon, report.location.lat),
        device=device,
        flagged=look.flagged,
    )


def _self_handled(report: Report, caller: Caller, now: datetime) -> SelfHandled | None:
    done = report.handling
    if done is None:
        return None
    return SelfHandled(
        actor=caller.subject,
        handling_mode=done.mode,
        result=done.result,
        handled_at=done.at or now,
        photos=report.attachments or None,
    )


def _claims(report: Report, caller: Caller, once: Once | None, draft: Submitting | None) -> list[Claim]:
    """Return what only one complaint may have, of all that are on their way."""
    claims: list[Claim] = []
    if once is not None:
        claims.append((caller.tenant, "key", caller.subject, once.key))
    if report.external_ref:
        claims.append((caller.tenant, "ref", report.source, report.external_ref))
    if draft is not None:
        claims.append((caller.tenant, "draft", str(draft.id)))
    return claims


def _answer(complaint: NewComplaint, warnings: Sequence[Mapping[str, Any]]) -> str:
    return orjson.dumps(
        {
            "id": complaint.id,
            "number": complaint.number,
            "status": "received",
            "query_code": complaint.query_code,
            "received_at": complaint.received_at,
            "source": complaint.source,
            "kind": complaint.kind,
            "category": complaint.category,
            "suggested_category": {"code": complaint.suggested_category, "confidence": complaint.suggested_confidence}
            if complaint.suggested_category
            else None,
            "version": 1,
            **({"warnings": warnings} if warnings else {}),
        },
        option=orjson.OPT_UTC_Z,
    ).decode()

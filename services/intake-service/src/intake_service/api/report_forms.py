"""A complaint that comes as a form, together with its files."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Self, get_args

from fastapi import Request, Response

from intake_service.api.attachment_schemas import file_name
from intake_service.api.attachment_texts import store_at_hand
from intake_service.api.devices import device_of, digest_of
from intake_service.api.multipart import BINARY, Form, Kind, form_body, read_form
from intake_service.api.receipts import receipt
from intake_service.api.report_reading import read_report
from intake_service.domain.attachment import PhotoRole, Wish
from intake_service.domain.report import Report
from intake_service.persistence.staging import TooLong, Writer
from intake_service.service.accept import Accepted, Intake, Once
from intake_service.service.attaching import Attaching
from intake_service.service.enclosing import Arrived, arrived, digest, enclosed
from intake_service.service.referring import check_listed
from runtime.auth import Caller
from runtime.http.strict_json import parse_json
from runtime.idempotency import from_header
from runtime.problems import Problem

COMPLAINT = "complaint"
FILE = "file"
"""A file whose role nobody says; others are named by their role."""
ROLES: dict[str, PhotoRole] = {FILE: "other", **{role: role for role in get_args(PhotoRole)}}
_MORE_PARTS = 4
"""Than those that are taken, so that what is wrong with them is told."""
REPORT_FORM = form_body(
    COMPLAINT,
    {
        COMPLAINT: {"$ref": "#/components/schemas/ComplaintIn"},
        **{name: {"type": "array", "items": BINARY} for name in ROLES},
    },
    is_only=False,
    as_json=COMPLAINT,
)


async def create_with_files(request: Request, caller: Caller) -> Response:
    """Accept a complaint, the part `complaint`, with files, whose parts are named by their roles.

    All of it is kept, or nothing. Raises Problem for what of it cannot be taken, as if it had come apart.
    """
    key = await from_header.from_request(request)
    device = digest_of(await device_of.from_request(request), caller)
    store: Attaching = request.app.state.attaching
    most = request.app.state.settings.max_body_bytes
    parts = store.limits.per_complaint + 1 + _MORE_PARTS
    kind = Kind(ROLES, most, parts, store.limits.per_complaint, needs=COMPLAINT, fields={COMPLAINT})
    with store_at_hand():
        async with _Files(store) as files:
            try:
                form = await read_form(request, files, kind, files.begin)
                await files.finish()
            except TooLong as error:
                raise Problem(413, "attachment-too-large", limit=store.limits.file_bytes) from error
            return receipt(await _accept(request, form, files.paths, caller, key, device))


async def _accept(
    request: Request,
    form: Form,
    paths: list[Path],
    caller: Caller,
    key: str | None,
    device: bytes | None,
) -> Accepted:
    body = form.fields[COMPLAINT].encode()
    report = read_report(parse_json(body))
    wishes = [Wish(ROLES[head.part], file_name(head.name) if head.name else None, head.declared) for head in form.files]
    files = await arrived([*zip(paths, wishes, strict=True)])
    report = replace(report, attachments=(*report.attachments, *(each.id for each in files)))
    once = Once(key, digest(request.scope["path"], body, files)) if key else None
    return await accept_whole(request, report, files, caller, once, device)


async def accept_whole(
    request: Request,
    report: Report,
    files: Sequence[Arrived],
    caller: Caller,
    once: Once | None,
    device: bytes | None,
) -> Accepted:
    """Accept a report with the files that came with it, which are among its attachments: all of it, or nothing.

    Raises Problem as `Intake.accept` and `enclosed` do, before a file is brought to the store where that can be.
    """
    store: Attaching = request.app.state.attaching
    intake: Intake = request.app.state.intake
    if not files:
        return await intake.accept(report, caller, once, device=device)
    if once and (answer := await intake.answered(caller, once)):
        return answer
    await intake.check(report, caller)
    check_listed(report.attachments, store.limits.per_complaint)
    async with enclosed(store, files, caller) as kept:
        accepted = await intake.accept(report, caller, once, files=kept, device=device)
        if accepted.repeated:
            await kept.discard()
        return accepted


class _Files:
    """The files of a form as they come, each in a file of the staging folder; all are removed in the end."""

    def __init__(self, store: Attaching) -> None:
        self._store = store
        self._writer: Writer | None = None
        self._open = AsyncExitStack()
        self.paths: list[Path] = []

    async def __aenter__(self) -> Self:
        return self

    async def begin(self, _form: Form) -> None:
        """Go on with another file."""
        await self.finish()
        self.paths.append(self._store.staging.new())
        self._writer = await self._open.enter_async_context(Writer(self.paths[-1], self._store.limits.file_bytes))

    async def take(self, data: bytes) -> None:
        """Append to the file that has begun last; raises TooLong."""
        if self._writer is not None:
            await self._writer.take(data)

    async def finish(self) -> None:
        """End the file that is written to; it is durable then."""
        await self._open.aclose()

    async def __aexit__(self, *_error: object) -> None:
        try:
            await self.finish()
        finally:
            await asyncio.to_thread(_remove, self.paths)


def _remove(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)

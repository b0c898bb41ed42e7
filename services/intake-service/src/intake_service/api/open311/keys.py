"""API keys: a partner's token, in the query, the form, or as a bearer token."""

from typing import Annotated

from fastapi import Depends, Request

from contracts.roles import Role
from intake_service.api.attachment_texts import store_at_hand
from intake_service.api.multipart import Form, Kind, read_form
from intake_service.api.open311.submissions import ATTRIBUTE, SUBMISSION, Submission, parsed
from intake_service.persistence.staging import TooLong, Writer
from intake_service.service.attaching import Attaching
from runtime.auth import Caller
from runtime.auth.guards import Guard
from runtime.problems import Problem

_FORM = Kind({"media"}, 4 * 4000, 60, repeats=ATTRIBUTE)
_URLENCODED = "application/x-www-form-urlencoded"
_KEY = "api_key"


class KeyGuard(Guard):
    """Lets partners through whose key may stand in the form: so it reads the form, and leaves it in `SUBMISSION`."""

    async def authenticate(self, request: Request) -> Caller:
        """Return whose key it is; no file is kept before that is known."""
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type == "multipart/form-data":
            return await self._of_parts(request)
        if media_type != _URLENCODED:
            raise Problem(415, "form-needed", headers={"Accept": f"{_URLENCODED}, multipart/form-data"})
        fields = parsed(await request.body())
        caller = await self._holder(request, fields.get(_KEY, [""])[0])
        request.scope[SUBMISSION] = Submission(fields)
        return caller

    async def _of_parts(self, request: Request) -> Caller:
        store: Attaching = request.app.state.attaching
        path = store.staging.new()
        found: list[Caller] = []

        async def gate(form: Form) -> None:
            found.append(await self._holder(request, form.fields.get(_KEY, "")))

        is_kept = False
        try:
            with store_at_hand():
                async with Writer(path, store.limits.file_bytes) as writer:
                    form = await read_form(request, writer, _FORM, gate)
            if not found:
                await gate(form)
            has_media = form.has_file and bool(writer.size)
            is_kept = has_media
            request.scope[SUBMISSION] = Submission(form.values, path if has_media else None, form.name, form.declared)
        except TooLong as error:
            raise Problem(413, "attachment-too-large", limit=store.limits.file_bytes) from error
        finally:
            if not is_kept:
                path.unlink(missing_ok=True)
        return found[0]

    async def _holder(self, request: Request, in_form: str) -> Caller:
        caller = await key_holder(request, in_form)
        if caller is None:
            raise Problem(403, "open311-key-needed")
        if not caller.has(*self.roles):
            raise Problem(403, "access-denied", roles=", ".join(sorted(self.roles)))
        return caller


async def key_holder(request: Request, in_form: str = "") -> Caller | None:
    """Return whose key the request has, None where it has none; Problem 403 where it is not valid."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    key = in_form or request.query_params.get(_KEY, "") or (token.strip() if scheme.lower() == "bearer" else "")
    if not key:
        return None
    caller: Caller = await request.app.state.verifier.authenticate(key)
    return caller


async def _of_query(request: Request) -> Caller | None:
    return await key_holder(request)


Holder = Annotated[Caller | None, Depends(_of_query)]
"""Whose key a request has that has no form; None where it has none."""


async def _reader(request: Request, caller: Holder) -> Caller | None:
    """Return who reads; None where anybody may, and no key is shown."""
    if caller is None and not request.app.state.settings.open311_public:
        raise Problem(403, "open311-key-needed")
    if caller is not None and not caller.has(Role.PARTNER):
        raise Problem(403, "access-denied", roles=Role.PARTNER)
    return caller


Posting = Annotated[Caller, Depends(KeyGuard(frozenset({Role.PARTNER})))]
Reader = Annotated[Caller | None, Depends(_reader)]

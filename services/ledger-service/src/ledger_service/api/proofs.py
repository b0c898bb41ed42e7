"""Checkpoints and proofs: that nothing which the ledger once said was changed since."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from ledger_service.api.deps import Engine, ReadEngine, Reader, owner_bound
from ledger_service.api.ledger_problems import exports_busy
from ledger_service.api.proof_schemas import (
    CheckpointBody,
    CheckpointView,
    ConsistencyView,
    EntryProof,
    FlawView,
    KeptCheckpoint,
    KeyView,
    ProofView,
)
from ledger_service.domain.checkpoints import BadCheckpoint, OtherKey, Signer, TamperedCheckpoint, opened
from ledger_service.domain.exporting import Header, encode, encode_header
from ledger_service.domain.merkle import consistency_ranges, inclusion_ranges
from ledger_service.domain.story_checks import flaws_of, unprovable
from ledger_service.persistence import checkpoints, stories
from ledger_service.service.export_entries import note_export
from ledger_service.service.exporting import Exporting
from ledger_service.service.proving import SealMissing, SignerOf, hashes, root
from ledger_service.service.sealed_exporting import sealed_lines
from operations.downloads import Busy, Download
from operations.pages import Page, Pages
from operations.problems import not_found, refused
from runtime.auth import Caller, require
from runtime.clock import now
from runtime.paging import DEFAULT_LIMIT, CursorText, Limit
from runtime.problems import PROBLEM_RESPONSES, Problem

router = APIRouter(tags=["proofs"], responses=PROBLEM_RESPONSES)
Exporter = Annotated[Caller, Depends(require(Role.SUPERVISOR, Role.ADMIN))]
SEALED = "sealed"
"""What the entry of such an export calls it; no classified ledger does."""
Size = Annotated[int, Query(ge=1, le=2**53, description="A number of entries.")]


async def _signer(request: Request, caller: Reader) -> Signer:
    signer_of: SignerOf | None = request.app.state.signer_of
    if signer_of is None:
        raise Problem(404, "checkpoints-unsigned")
    return signer_of(caller.tenant)


@router.get("/checkpoints/key")
async def show_key(signer: Annotated[Signer, Depends(_signer)]) -> KeyView:
    """Show the public key of the tenant's ledger, and those of before. Checkpoints are checked with them: keep them."""
    return KeyView(verifier_key=signer.verifier_key, earlier_keys=signer.earlier_keys)


@router.get("/checkpoints")
async def list_checkpoints(
    request: Request,
    response: Response,
    caller: Reader,
    engine: ReadEngine,
    cursor: CursorText = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[CheckpointView]:
    """List signed checkpoints, the newest first. Whoever keeps one can tell later if anything before it changed."""
    pages = Pages(request, caller, "checkpoints", {})
    below = pages.after_number(cursor)
    async with engine.connect() as connection:
        found = await checkpoints.newest(connection, caller.tenant, below=below, size=limit + 1)
    shown = pages.cut(response, found, limit, lambda each: each.size)
    return Page(items=[CheckpointView.of(each) for each in shown])


@router.get("/checkpoints/consistency")
async def show_consistency(caller: Reader, engine: ReadEngine, first: Size, second: Size) -> ConsistencyView:
    """Show that the tree of the `first` entries is the beginning of that of the `second` (RFC 9162 §2.1.4).

    422 unless `first` <= `second`, and as many entries are sealed; 409 where seals were removed by hand.
    """
    async with engine.connect() as connection:
        sealed = await checkpoints.sealed(connection, caller.tenant)
        if not first <= second <= sealed:
            wrong = "query/first" if first > second else "query/second"
            raise refused(wrong, "no-such-tree", first=first, second=second, sealed=sealed)
        try:
            proof = await hashes(connection, caller.tenant, consistency_ranges(first, second))
        except SealMissing as error:
            raise Problem(409, "seals-missing") from error
    return ConsistencyView(first=first, second=second, proof=[each.hex() for each in proof])


@router.post("/checkpoints/check")
async def check_checkpoint(
    body: CheckpointBody, caller: Reader, engine: ReadEngine, signer: Annotated[Signer, Depends(_signer)]
) -> KeptCheckpoint:
    """Say whether the ledger still begins as it did when a checkpoint was signed that somebody has kept.

    422 `checkpoint-unreadable` for what is no checkpoint of this ledger, `checkpoint-key-unknown` where it says that
    another key signed it, `checkpoint-tampered` where the ledger's key did not sign what it says; 409
    `checkpoint-contradicted` where it is genuine and the ledger has other entries.
    """
    try:
        kept = opened(body.note, signer.verifier_key, *signer.earlier_keys)
    except OtherKey as error:
        raise Problem(422, "checkpoint-key-unknown", reason=str(error)) from error
    except TamperedCheckpoint as error:
        raise Problem(422, "checkpoint-tampered", reason=str(error)) from error
    except BadCheckpoint as error:
        raise Problem(422, "checkpoint-unreadable", reason=str(error)) from error
    async with engine.connect() as connection:
        sealed = await checkpoints.sealed(connection, caller.tenant)
        try:
            is_same = kept.size <= sealed and kept.root == await root(connection, caller.tenant, kept.size)
        except SealMissing:
            is_same = False
    if not is_same:
        raise Problem(409, "checkpoint-contradicted", size=kept.size, sealed=sealed)
    return KeptCheckpoint.of(kept, sealed)


@router.get("/complaints/{complaint_id}/proof")
async def show_proof(complaint_id: UUID, caller: Reader, engine: ReadEngine) -> ProofView:
    """Show that each entry of a complaint is in the newest checkpoint (RFC 9162 §2.1.3).

    Citizens and partners see the proofs of what they reported. An entry that is younger than the checkpoint has no
    proof yet; there is a checkpoint every half minute. `flaws` names entries that were changed, removed or put in.
    """
    async with engine.connect() as connection:
        if await stories.complaint(connection, caller.tenant, complaint_id, owner=owner_bound(caller)) is None:
            raise not_found()
        newest = await checkpoints.newest(connection, caller.tenant, size=1)
        size = newest[0].size if newest else 0
        found = await checkpoints.of_complaint(connection, caller.tenant, complaint_id)
        flaws = [*flaws_of(found.entries, found.numbers)]
        entries = []
        for each in found.entries:
            proof, number = None, each.line.seal.number
            if each.is_sealed and number < size:
                try:
                    proof = await hashes(connection, caller.tenant, inclusion_ranges(number, size))
                except SealMissing:
                    flaws.append(unprovable(each))
            entries.append(EntryProof.of(each, proof))
    return ProofView(
        checkpoint=CheckpointView.of(newest[0]) if newest else None,
        entries=entries,
        flaws=[FlawView.of(flaw) for flaw in flaws],
    )


@router.get("/export", response_class=StreamingResponse)
async def export(
    request: Request, caller: Exporter, engine: Engine, signer: Annotated[Signer, Depends(_signer)]
) -> StreamingResponse:
    """Download the tenant's sealed ledger as lines of JSON, for `jieban verify`. It has all that was said in it.

    It has the entries that are sealed when it begins and, where an erasure comes meanwhile, those up to the erasure:
    `entries` in its first line says how many there are at least. That it was downloaded is an entry, which a later
    export has. Of its checkpoints it has the newest thousand and a thousand of all times before; `/checkpoints` has
    every one. 503 `exports-busy` where this process makes as many files as it can.
    """
    exporting: Exporting = request.app.state.exporting
    async with AsyncExitStack() as held:
        try:
            exporting.take(held)
        except Busy as error:
            raise exports_busy() from error
        async with engine.begin() as connection:
            notes = await checkpoints.telling(connection, caller.tenant)
            size = await checkpoints.sealed(connection, caller.tenant)
            told = {"ledger": SEALED, "format": "jsonl", "lines": size}
            await note_export(connection, caller.tenant, caller.subject, told, at=now())
        header = Header(
            tenant=caller.tenant,
            entries=size,
            verifier_key=signer.verifier_key,
            earlier_keys=signer.earlier_keys,
            checkpoints=notes,
        )
        lines = await held.enter_async_context(aclosing(_written(engine, header)))
        disposition = {"Content-Disposition": f'attachment; filename="ledger-{caller.tenant}.jsonl"'}
        return Download(lines, held.pop_all(), disposition, "application/jsonl")


async def _written(engine: AsyncEngine, header: Header) -> AsyncGenerator[bytes, None]:
    yield encode_header(header)
    async with aclosing(sealed_lines(engine, header.tenant, header.entries)) as pages:
        async for page in pages:
            yield b"".join([encode(line) for line in page])

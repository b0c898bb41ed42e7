"""Checkpoints and proofs: that nothing which the ledger once said was changed since."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from contracts.roles import Role
from ledger_service.api.deps import Engine, ReadEngine, Reader, owner_bound
from ledger_service.api.proof_schemas import CheckpointView, ConsistencyView, EntryProof, KeyView, ProofView
from ledger_service.domain.checkpoints import Signer
from ledger_service.domain.exporting import Header, encode, encode_header
from ledger_service.domain.merkle import consistency_ranges, inclusion_ranges
from ledger_service.persistence import checkpoints, stories
from ledger_service.service.export_entries import note_export
from ledger_service.service.proving import SignerOf, hashes
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
    """Show the public key of the tenant's ledger. Keep it with the checkpoints: it is what they are checked with."""
    return KeyView(verifier_key=signer.verifier_key)


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
    last = pages.after(cursor)
    async with engine.connect() as connection:
        below = None if last is None else int(str(last[0]))
        found = await checkpoints.newest(connection, caller.tenant, below=below, size=limit + 1)
    if len(found) > limit:
        pages.link_next(response, found[limit - 1].size)
    return Page(items=[CheckpointView.of(each) for each in found[:limit]])


@router.get("/checkpoints/consistency")
async def show_consistency(caller: Reader, engine: ReadEngine, first: Size, second: Size) -> ConsistencyView:
    """Show that the tree of the `first` entries is the beginning of that of the `second` (RFC 9162 §2.1.4).

    422 unless `first` <= `second`, and as many entries are sealed.
    """
    async with engine.connect() as connection:
        sealed = await checkpoints.sealed(connection, caller.tenant)
        if not first <= second <= sealed:
            wrong = "query/first" if first > second else "query/second"
            raise refused(wrong, "no-such-tree", first=first, second=second, sealed=sealed)
        proof = await hashes(connection, caller.tenant, consistency_ranges(first, second))
    return ConsistencyView(first=first, second=second, proof=[each.hex() for each in proof])


@router.get("/complaints/{complaint_id}/proof")
async def show_proof(complaint_id: UUID, caller: Reader, engine: ReadEngine) -> ProofView:
    """Show that each entry of a complaint is in the newest checkpoint (RFC 9162 §2.1.3).

    Citizens and partners see the proofs of what they reported. An entry that is younger than the checkpoint has no
    proof yet; there is a checkpoint every half minute.
    """
    async with engine.connect() as connection:
        if await stories.complaint(connection, caller.tenant, complaint_id, owner=owner_bound(caller)) is None:
            raise not_found()
        newest = await checkpoints.newest(connection, caller.tenant, size=1)
        size = newest[0].size if newest else 0
        entries = []
        for each in await checkpoints.of_complaint(connection, caller.tenant, complaint_id):
            proof = None
            if each.number is not None and each.number < size:
                proof = await hashes(connection, caller.tenant, inclusion_ranges(each.number, size))
            entries.append(EntryProof.of(each, proof))
    return ProofView(checkpoint=CheckpointView.of(newest[0]) if newest else None, entries=entries)


@router.get("/export", response_class=StreamingResponse)
async def export(caller: Exporter, engine: Engine, signer: Annotated[Signer, Depends(_signer)]) -> StreamingResponse:
    """Download the tenant's sealed ledger as lines of JSON, for `jieban verify`. It has all that was said in it.

    That it was is an entry, which the next export has.
    """
    async with engine.begin() as connection:
        notes = await checkpoints.every(connection, caller.tenant)
        size = await checkpoints.sealed(connection, caller.tenant)
        told = {"ledger": SEALED, "format": "jsonl", "lines": size}
        await note_export(connection, caller.tenant, caller.subject, told, at=now())
    header = Header(tenant=caller.tenant, entries=size, verifier_key=signer.verifier_key, checkpoints=notes)

    async def lines() -> AsyncIterator[bytes]:
        yield encode_header(header)
        async for page in checkpoints.lines(engine.connect, caller.tenant, size):
            yield b"".join([encode(line) for line in page])

    name = f"ledger-{caller.tenant}.jsonl"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(lines(), media_type="application/jsonl", headers=disposition)

"""Checkpoints and proofs as JSON. All hashes are SHA-256, in hexadecimal."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from ledger_service.persistence.checkpoints import SealedEntry, Signed


class KeyView(BaseModel):
    """What signatures are checked with."""

    verifier_key: Annotated[str, Field(description="As C2SP's signed-note writes it: NAME+ID+BASE64.")]


class CheckpointView(BaseModel):
    """What was signed of the ledger."""

    size: Annotated[int, Field(description="How many entries there were.")]
    root: Annotated[str, Field(description="Of their Merkle tree.")]
    at: datetime
    note: Annotated[str, Field(description="All of this, signed (C2SP tlog-checkpoint).")]

    @classmethod
    def of(cls, signed: Signed) -> Self:
        """Return it as it is shown."""
        return cls(size=signed.size, root=signed.root.hex(), at=signed.at, note=signed.note)


class ConsistencyView(BaseModel):
    """Shows that a tree is the beginning of another."""

    first: int
    second: int
    proof: list[str]


class EntryProof(BaseModel):
    """Shows that an entry is in a tree."""

    position: Annotated[int, Field(description="Of the entry, as in the timeline.")]
    number: Annotated[int | None, Field(description="Of the leaf, from 0; null while it is not sealed.")]
    digest: Annotated[str | None, Field(description="Of what may have to be erased, salted: a part of the leaf.")]
    leaf: Annotated[str | None, Field(description="The leaf's hash.")]
    proof: Annotated[list[str] | None, Field(description="From the leaf up; null while no checkpoint has it.")]

    @classmethod
    def of(cls, sealed: SealedEntry, proof: Sequence[bytes] | None) -> Self:
        """Return it as it is shown."""
        return cls(
            position=sealed.position,
            number=sealed.number,
            digest=sealed.digest.hex() if sealed.digest else None,
            leaf=sealed.leaf.hex() if sealed.leaf else None,
            proof=None if proof is None else [each.hex() for each in proof],
        )


class ProofView(BaseModel):
    """The proofs of a complaint's entries, all of them against one checkpoint."""

    checkpoint: CheckpointView | None
    entries: list[EntryProof]

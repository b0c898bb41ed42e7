"""Checkpoints and proofs as JSON. All hashes are SHA-256, in hexadecimal."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from ledger_service.domain.checkpoints import Checkpoint
from ledger_service.domain.story_checks import Standing, StoryFlaw
from ledger_service.persistence.checkpoints import Signed


class KeyView(BaseModel):
    """What signatures are checked with."""

    verifier_key: Annotated[str, Field(description="As C2SP's signed-note writes it: NAME+ID+BASE64.")]
    earlier_keys: Annotated[
        Sequence[str], Field(description="With which it signed before (`JIEBAN_LEDGER_EARLIER_KEYS`).")
    ]


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
    erased: Annotated[bool, Field(description="Actor and data are gone. The digest, and so the proof, is as it was.")]
    proof: Annotated[list[str] | None, Field(description="From the leaf up; null while no checkpoint has it.")]

    @classmethod
    def of(cls, entry: Standing, proof: Sequence[bytes] | None) -> Self:
        """Return it as it is shown."""
        seal = entry.line.seal
        return cls(
            position=entry.line.fields.position,
            number=seal.number if entry.is_sealed else None,
            digest=seal.digest.hex() if entry.is_sealed else None,
            leaf=seal.leaf.hex() if entry.is_sealed else None,
            erased=entry.line.data is None,
            proof=None if proof is None else [each.hex() for each in proof],
        )


class FlawView(BaseModel):
    """What is wrong with an entry of a complaint: somebody has written to the database by hand."""

    model_config = ConfigDict(from_attributes=True)

    kind: Annotated[
        Literal["changed", "wiped", "inserted", "removed", "unprovable"],
        Field(
            description="`wiped`: without its texts, and no later entry erases them."
            " `unprovable`: seals that its proof needs are gone."
        ),
    ]
    source: str
    sequence: int
    position: Annotated[int | None, Field(description="null: it is not there any more.")]

    @classmethod
    def of(cls, flaw: StoryFlaw) -> Self:
        """Return it as it is shown."""
        return cls.model_validate(flaw)


class ProofView(BaseModel):
    """The proofs of a complaint's entries, all of them against one checkpoint, and what is wrong with the entries."""

    checkpoint: CheckpointView | None
    entries: list[EntryProof]
    flaws: Annotated[list[FlawView], Field(description="Empty: what stands there is what was sealed.")]


class CheckpointBody(BaseModel):
    """A checkpoint that somebody has kept."""

    model_config = ConfigDict(extra="forbid")

    note: Annotated[
        str,
        Field(
            min_length=1,
            max_length=4000,
            description="As it was signed; line ends of Windows, and too many or no newlines at the end, do no harm.",
        ),
    ]


class KeptCheckpoint(BaseModel):
    """What a kept checkpoint says; the ledger still begins as it did then."""

    size: int
    at: datetime
    sealed: Annotated[int, Field(description="How many entries are sealed now.")]

    @classmethod
    def of(cls, kept: Checkpoint, sealed: int) -> Self:
        """Return it as it is shown."""
        return cls(size=kept.size, at=kept.at, sealed=sealed)

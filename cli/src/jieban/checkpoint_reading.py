"""Reads what was signed of an exported ledger: checkpoints in the file, and those that somebody has kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jieban.errors import UserError
from ledger_service.domain.checkpoints import (
    BadCheckpoint,
    Checkpoint,
    TamperedCheckpoint,
    key_name,
    opened,
    origin_of,
)
from ledger_service.domain.exporting import BadExport, Header

_UNREADABLE, _TAMPERED = 3, 4
"""What `jieban verify` ends with where it could not check."""


@contextmanager
def named(what: str, key: str = "its key") -> Iterator[None]:
    """Tell what cannot be read, or was not signed with a key, by its name; `key` says where the key is from."""
    try:
        yield
    except TamperedCheckpoint as error:
        raise UserError(f"{what}: {error}, going by {key}.", code=_TAMPERED) from error
    except (BadExport, BadCheckpoint) as error:
        raise UserError(f"{what}: {error}.", code=_UNREADABLE) from error


def signed_of(header: Header, file: Path, keys: list[str], kept: list[Path]) -> list[Checkpoint]:
    """Return what the checkpoints of the file and those that were kept say; raises UserError that names the bad."""
    in_file = [header.verifier_key, *header.earlier_keys]
    trusted, whose = (keys, "--key") if keys else (in_file, f"the key in {file}")
    with named(whose):
        for each in trusted:
            if (name := key_name(each)) != origin_of(header.tenant):
                raise BadCheckpoint(f"it is the key of {name}, and {file} is of {header.tenant}")
    signed: list[Checkpoint] = []
    for note in header.checkpoints:
        with named(f"{file}", whose):
            signed.append(opened(note, *trusted))
    for path in kept:
        with named(f"{path}", whose):
            signed.append(opened(_read(path), *trusted))
    return signed


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadCheckpoint("this is no signed checkpoint, for it is no text in UTF-8") from error

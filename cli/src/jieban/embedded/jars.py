"""The jars of a server that runs on Java: which ones, pinned by their checksums, and where they are cached."""

import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jieban.embedded.datadir import DataDir
from jieban.errors import UserError

KAFKA_VERSION = "4.1.2"


@dataclass(frozen=True, slots=True)
class Jar:
    """One artifact of Maven Central and the checksum that its file must have."""

    coordinate: str
    """group:artifact:version"""
    sha256: str

    @property
    def file_name(self) -> str:
        """Its name in the cache."""
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"


@dataclass(frozen=True, slots=True)
class JarSet:
    """All jars that one server and its logging need."""

    title: str
    """The server and its version, as people call it."""
    lock_file: Path
    """A line for each: its checksum and its coordinate."""

    @property
    def folder(self) -> str:
        """The name of the directory that they are cached in."""
        return self.title.lower().replace(" ", "-")

    def jars(self) -> list[Jar]:
        """Read the list."""
        lines = (line.split() for line in self.lock_file.read_text(encoding="ascii").splitlines())
        return [Jar(coordinate, sha256) for sha256, coordinate in lines]


KAFKA = JarSet(f"Kafka {KAFKA_VERSION}", Path(__file__).with_name("kafka-jars.lock"))


async def classpath(directory: DataDir, wanted: JarSet = KAFKA) -> Sequence[Path]:
    """Return the paths of a server's jars, fetched from Maven Central at their first use.

    They are kept in the user's cache, or in the data directory where that cannot be written. Raises `UserError` when
    they are neither cached nor to be had.
    """
    names = [jar.file_name for jar in wanted.jars()]
    places = [*_user_cache(wanted), directory.root / wanted.folder]
    place = next((place for place in places if all((place / name).exists() for name in names)), None)
    if place is None:
        place = next(filter(_writable, places), places[-1])
        await _fetch(wanted, place)
    return [place / name for name in names]


async def _fetch(wanted: JarSet, cache: Path) -> None:
    """Fetch in a process of its own, whose libraries would otherwise stay in our memory."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "jieban.embedded.fetch_jars", str(cache), wanted.title, str(wanted.lock_file)),
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, complaint = await child.communicate()
    except asyncio.CancelledError:
        child.terminate()
        await child.wait()
        raise
    if child.returncode:
        raise UserError(complaint.decode("utf-8", "replace").strip().rpartition("\n")[2])


def _user_cache(wanted: JarSet) -> list[Path]:
    try:
        default = Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    except RuntimeError:  # the user has no home
        return []
    return [Path(os.environ.get("XDG_CACHE_HOME") or default) / "jieban" / wanted.folder]


def _writable(place: Path) -> bool:
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(place, os.W_OK)

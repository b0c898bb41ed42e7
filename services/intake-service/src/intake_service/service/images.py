"""Has images read and written anew by `decoding`, a process for each."""

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SECONDS = 40.0


class ImageRefused(Exception):
    """The image cannot be taken; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Rendered:
    """An image as it will be served, and what it said of itself."""

    served: Path
    thumbnail: Path
    width: int
    height: int
    evidence: Mapping[str, object]


class Images:
    """Renders images; only so many at a time, because each may need much memory."""

    def __init__(self, pixels: int, at_once: int) -> None:
        """`pixels`: the most that an image may have."""
        self._pixels = pixels
        self._turns = asyncio.Semaphore(at_once)

    async def render(self, source: Path, media_type: str) -> Rendered:
        """Write the image and its thumbnail beside `source`; the caller removes them.

        Raises ImageRefused, also where the process died of the image or took too long.
        """
        async with self._turns:
            said = await self._run(source, media_type)
        if "refused" in said:
            raise ImageRefused(str(said["refused"]))
        served, thumbnail = renderings(source)
        return Rendered(served, thumbnail, said["width"], said["height"], said["evidence"])

    async def _run(self, source: Path, media_type: str) -> dict[str, Any]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-m", "intake_service.service.decoding"),
            *(str(source), str(source), media_type, str(self._pixels)),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=DEVNULL,
            env={},
            start_new_session=True,  # a Ctrl-C is ours to handle
        )
        try:
            async with asyncio.timeout(_SECONDS):
                printed, _ = await process.communicate()
        except TimeoutError:
            raise ImageRefused("image-unreadable") from None
        finally:
            if process.returncode is None:
                process.kill()
        if process.returncode != 0:
            raise ImageRefused("image-unreadable")
        said: dict[str, Any] = json.loads(printed)
        return said


def renderings(source: Path) -> tuple[Path, Path]:
    """Return where the served image and the thumbnail of `source` are written."""
    return source.with_name(f"{source.name}.served"), source.with_name(f"{source.name}.thumbnail")

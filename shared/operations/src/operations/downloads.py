"""Files that are sent as they are made: what their making takes is let go of when they are sent, or nobody listens."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from runtime.problems import register_texts

register_texts(
    {
        "exports-busy": (
            "正在导出的文件过多",
            "Too many exports at once",
            "本节点正在导出的文件已达上限，请稍后重试。",
            "This node makes as many files as it can: try again in a moment.",
        ),
    }
)


class Busy(Exception):
    """As many files as can be are made already."""


class Slots:
    """Counts the files that are being made: each has a connection, and a processor's work to do."""

    def __init__(self) -> None:
        self.taken = 0

    def take(self, held: AsyncExitStack, at_once: int) -> None:
        """Take a slot until `held` is let go of; raises Busy where `at_once` are taken."""
        if self.taken >= at_once:
            raise Busy
        self.taken += 1
        held.callback(self._release)

    def _release(self) -> None:
        self.taken -= 1


class Download(StreamingResponse):
    """A file on its way."""

    def __init__(
        self, pieces: AsyncIterator[bytes], held: AsyncExitStack, headers: Mapping[str, str], media_type: str
    ) -> None:
        """`held` is what its making takes."""
        super().__init__(pieces, headers=headers, media_type=media_type)
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        async with self._held:
            await super().__call__(scope, receive, send)


def file_headers(file_name: str, language: str) -> dict[str, str]:
    """Return the headers of a file that is saved under that name."""
    return {
        "Content-Disposition": f'attachment; filename="{file_name}"',
        "Content-Language": "zh-CN" if language == "zh" else "en",
        "Vary": "Accept-Language",
    }

"""How much a workbook unpacks to: counted, whatever the file says of itself."""

import zipfile
from lzma import LZMAError
from typing import IO
from zlib import error as ZlibError

_CHUNK = 1 << 16
_BROKEN = (
    zipfile.BadZipFile,  # no archive
    NotImplementedError,  # packed in a way that zipfile does not know
    RuntimeError,  # with a password
    ZlibError,  # a broken member, by its packing: this one and those below
    LZMAError,
    EOFError,
    OSError,
    ValueError,
)


class WorkbookUnreadable(ValueError):
    """It is no workbook, or a broken one."""


class WorkbookTooLarge(ValueError):
    """It unpacks to more than is taken."""


def check_unpacked(file: IO[bytes], most: int) -> None:
    """Unpack all members and keep none; blocks.

    Raises WorkbookTooLarge once there are more than `most` bytes, WorkbookUnreadable where it cannot be unpacked.
    """
    try:
        unpacked = _exceeds(file, most)
    except _BROKEN as error:
        raise WorkbookUnreadable from error
    if unpacked:
        raise WorkbookTooLarge


def _exceeds(file: IO[bytes], most: int) -> bool:
    unpacked = 0
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            with archive.open(member) as content:
                while chunk := content.read(_CHUNK):
                    unpacked += len(chunk)
                    if unpacked > most:
                        return True
    return False

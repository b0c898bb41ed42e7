"""Where a video or a recording in the containers of MP4 and QuickTime says that it was taken.

Boxes are told by their names, and none is moved: what tells the place is overwritten where it stands, so that all
offsets stay right. A box that cannot be read ends the level that it is on; players see no further either.
"""

import re
import shutil
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

TYPES = frozenset({"video/mp4", "video/quicktime", "video/3gpp", "audio/mp4", "audio/3gpp"})
_CONTAINERS = frozenset({b"moov", b"trak", b"udta", b"moof", b"traf"})
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_TELLING = frozenset({b"\xa9xyz", b"loci", b"XMP_", b"GPMF"})
"""Boxes that tell the place and nothing that is needed."""
_KEY = re.compile(rb"location|gps", re.IGNORECASE)
_DEGREES = re.compile(rb"([+-]\d{2}(?:\.\d+)?)([+-]\d{3}(?:\.\d+)?)")
"""ISO 6709 in degrees: latitude, longitude."""
_MOST_BOXES = 100_000
"""An hour in fragments of a second has a quarter of that."""
_DEEPEST = 8
_LONGEST = 65_536
"""So much at most is read of one box."""
_BLOCK = bytes(_LONGEST)


class _Box(NamedTuple):
    name: bytes
    begin: int
    body: int
    end: int


class _Video:
    """A file that is looked into."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = _MOST_BOXES

    def read(self, begin: int, end: int) -> bytes:
        """Return what is there, up to _LONGEST."""
        self._file.seek(begin)
        return self._file.read(max(0, min(end - begin, _LONGEST)))

    def boxes(self, begin: int, end: int) -> Iterator[_Box]:
        """Yield the boxes of a level."""
        while end - begin >= 8 and self._left:
            self._left -= 1
            size, name = struct.unpack(">I4s", self.read(begin, begin + 8))
            body = begin + 8
            if size == 1 and end - begin >= 16:
                size, body = int.from_bytes(self.read(body, body + 8)), begin + 16
            elif size == 0:  # to the end
                size = end - begin
            if size < body - begin or begin + size > end:
                return
            yield _Box(name, begin, body, begin + size)
            begin += size


class Blank(NamedTuple):
    """What is overwritten with zeros; a whole box becomes one of the name `free`, which is at `name_at`."""

    begin: int
    end: int
    name_at: int | None


@dataclass(frozen=True, slots=True)
class Told:
    """What a video tells of its place."""

    evidence: Mapping[str, object]
    blanks: Sequence[Blank]


def looked_into(path: Path) -> Told:
    """Return where it was taken (`lon`, `lat`, WGS84), as far as that can be read, and where it tells; blocks."""
    with path.open("rb") as file:
        end = file.seek(0, 2)
        found = [*_telling(_Video(file), 0, end, 0)]
    point = next((point for _, point in found if point is not None), None)
    evidence = {} if point is None else {"lon": round(point[0], 7), "lat": round(point[1], 7)}
    return Told(evidence, [blank for blank, _ in found])


def blanked(source: Path, target: Path, told: Told) -> None:
    """Write the video as it may be served, of the same length; blocks."""
    shutil.copyfile(source, target)
    with target.open("r+b") as file:
        for blank in told.blanks:
            if blank.name_at is not None:
                file.seek(blank.name_at)
                file.write(b"free")
            file.seek(blank.begin)
            for begin in range(blank.begin, blank.end, _LONGEST):
                file.write(_BLOCK[: blank.end - begin])


_Found = tuple[Blank, tuple[float, float] | None]


def _telling(video: _Video, begin: int, end: int, depth: int) -> Iterator[_Found]:
    for box in video.boxes(begin, end):
        if box.name in _TELLING or (box.name == b"uuid" and video.read(box.body, box.body + len(_XMP)) == _XMP):
            yield Blank(box.body, box.end, box.begin + 4), _point(box.name, video.read(box.body, box.end))
        elif depth < _DEEPEST and box.name in _CONTAINERS:
            yield from _telling(video, box.body, box.end, depth + 1)
        elif depth < _DEEPEST and box.name == b"meta":
            is_plain = video.read(box.body + 4, box.body + 8) == b"hdlr"  # QuickTime's has no version
            yield from _of_meta(video, box.body if is_plain else box.body + 4, box.end)


def _of_meta(video: _Video, begin: int, end: int) -> Iterator[_Found]:
    """Yield what a list of values tells that have their names from a list of keys."""
    parts = [*video.boxes(begin, end)]
    names = [name for box in parts if box.name == b"keys" for name in _keys(video.read(box.body, box.end))]
    for item in (item for box in parts if box.name == b"ilst" for item in video.boxes(box.body, box.end)):
        if item.name in _TELLING:
            yield Blank(item.body, item.end, item.begin + 4), _point(item.name, video.read(item.body, item.end))
            continue
        place = int.from_bytes(item.name) - 1
        if place < len(names) and _KEY.search(names[place]):
            for data in video.boxes(item.body, item.end):
                value = video.read(data.body + 8, data.end)
                if value.strip(b"\0"):
                    yield Blank(data.body + 8, data.end, None), _point(item.name, value)


def _keys(table: bytes) -> Iterator[bytes]:
    """Yield the names of a list of keys, in order."""
    place = 8
    while (size := int.from_bytes(table[place : place + 4])) >= 8:
        yield table[place + 8 : place + size]
        place += size


def _point(name: bytes, content: bytes) -> tuple[float, float] | None:
    """Return longitude and latitude; None where they cannot be read, or make no sense."""
    if name == b"loci":
        return _sensible(*_of_loci(content))
    match = _DEGREES.search(content)
    return None if match is None else _sensible(float(match[2]), float(match[1]))


def _of_loci(content: bytes) -> tuple[float, float]:
    text = content[6:]  # after version and language: the name of the place, its role, then the point
    if text.startswith(b"\xfe\xff"):
        ends = next((at for at in range(0, len(text), 2) if text[at : at + 2] == b"\0\0"), len(text)) + 2
    else:
        ends = text.find(b"\0") + 1 or len(text)
    point = text[ends + 1 : ends + 9]
    if len(point) < 8:
        return (float("nan"), float("nan"))
    lon, lat = struct.unpack(">ii", point)
    return lon / 65536, lat / 65536


def _sensible(lon: float, lat: float) -> tuple[float, float] | None:
    return (lon, lat) if abs(lon) <= 180 and abs(lat) <= 90 else None

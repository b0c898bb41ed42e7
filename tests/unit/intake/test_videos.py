"""Where a video says that it was taken: found, read, and blanked without moving a byte."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake_service.service.videos import blanked, looked_into

PLACE = b"+26.5807+107.2357+1045.000/"
HDLR = struct.pack(">II4s", 0, 0, b"mdta") + bytes(12)


def box(name: bytes, content: bytes, *, large: bool = False) -> bytes:
    if large:
        return struct.pack(">I4sQ", 1, name, len(content) + 16) + content
    return struct.pack(">I4s", len(content) + 8, name) + content


def xyz(place: bytes = PLACE) -> bytes:
    return box(b"\xa9xyz", struct.pack(">HH", len(place), 0x15C7) + place)


def loci(name: bytes = b"home\0") -> bytes:
    point = struct.pack(">iii", int(107.2357 * 65536), int(26.5807 * 65536), 0)
    return box(b"loci", bytes(4) + b"\x15\xc7" + name + b"\0" + point + b"earth\0\0")


def keys(*, full: bool = False) -> bytes:
    """QuickTime metadata: what device, where, and what it is called."""
    names = (b"com.apple.quicktime.make", b"com.apple.quicktime.location.ISO6709", b"com.apple.quicktime.title")
    listed = b"".join(box(b"mdta", name) for name in names)
    values = b"".join(
        box(struct.pack(">I", place), box(b"data", struct.pack(">II", 1, 0) + value))
        for place, value in enumerate((b"Apple", PLACE, b"canary title"), start=1)
    )
    parts = box(b"hdlr", HDLR) + box(b"keys", struct.pack(">II", 0, len(names)) + listed) + box(b"ilst", values)
    return box(b"meta", bytes(4) * full + parts)


def video(*inside: bytes, large: bool = False) -> bytes:
    media = box(b"mdat", b"pictures" * 50, large=large)
    return box(b"ftyp", b"isom\0\0\0\0isom") + media + box(b"moov", box(b"mvhd", bytes(100)) + b"".join(inside))


def after(path: Path, content: bytes) -> tuple[dict[str, object], bytes]:
    """Return what the video says, and the video without it."""
    path.write_bytes(content)
    told = looked_into(path)
    target = path.with_suffix(".served")
    if told.blanks:
        blanked(path, target, told)
    return dict(told.evidence), target.read_bytes() if told.blanks else content


@pytest.mark.parametrize(
    "inside",
    [
        box(b"udta", xyz()),
        box(b"udta", loci()),
        box(b"udta", loci("\ufeff家".encode("utf-16-be") + b"\0\0")),
        keys(),
        box(b"udta", keys(full=True)),
        box(b"trak", box(b"udta", box(b"name", b"x") + xyz())),
        box(b"trak", keys()),
        box(b"udta", xyz()) + keys(),
    ],
)
@pytest.mark.parametrize("large", [False, True])
def test_the_place_is_evidence_and_gone_from_the_video(tmp_path: Path, inside: bytes, large: bool) -> None:
    content = video(inside, box(b"trak", box(b"tkhd", b"t" * 84)), large=large)
    evidence, served = after(tmp_path / "video", content)
    assert (round(float(str(evidence["lon"])), 3), round(float(str(evidence["lat"])), 3)) == (107.236, 26.581)
    assert len(served) == len(content)
    for secret in (PLACE, b"107.2357", b"home", "家".encode("utf-16-be"), b"\xa9xyz", b"loci"):
        assert secret not in served
    changed = [place for place, (one, other) in enumerate(zip(content, served, strict=True)) if one != other]
    moov = content.index(b"moov")
    assert min(changed) > moov, "the pictures are as they were"
    assert served.count(b"canary title") == content.count(b"canary title")
    assert after(tmp_path / "again", served) == ({}, served), "and there is no more to find"


@pytest.mark.parametrize(
    "inside",
    [box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + b"<GPSLatitude>26,34.8N</GPSLatitude>"),
     box(b"udta", box(b"XMP_", b"<GPSLatitude>26,34.8N</GPSLatitude>")),
     box(b"udta", xyz(b"+2634.842+10714.142/"))],
)  # fmt: skip
def test_what_is_not_understood_is_blanked_all_the_same(tmp_path: Path, inside: bytes) -> None:
    evidence, served = after(tmp_path / "video", video(inside))
    assert evidence == {}
    assert b"34.8" not in served


def test_a_video_without_a_place_stays_as_it_is(tmp_path: Path) -> None:
    for content in (video(), video(box(b"udta", box(b"\xa9nam", b"name"))), b"", b"\0" * 40, video()[:-50]):
        assert after(tmp_path / "video", content) == ({}, content)


@given(st.binary(max_size=200), st.integers(0, 400), st.binary(min_size=1, max_size=8))
def test_no_video_is_too_broken(
    tmp_path_factory: pytest.TempPathFactory, tail: bytes, place: int, wrong: bytes
) -> None:
    content = bytearray(video(box(b"udta", xyz() + loci()), keys()) + tail)
    begin = content.index(b"moov") + place
    content[begin : begin + len(wrong)] = wrong
    path = tmp_path_factory.mktemp("videos") / "video"
    _, served = after(path, bytes(content))
    assert len(served) == len(content)

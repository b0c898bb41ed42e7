"""What runs on this machine, read from /proc: the tests of processes are for Linux."""

from collections.abc import Iterator
from pathlib import Path


def pids_naming(text: str) -> list[int]:
    """Return the processes whose command line contains the text."""
    return [pid for pid, place in _processes() if text in _read(place / "cmdline").replace("\0", " ")]


def resident_megabytes(root: int) -> float:
    """Return the resident memory of a process and all its descendants; each of those that share a page has a part."""
    parents = {}
    for pid, place in _processes():
        status = _lines(place / "status")
        if "VmRSS" in status:  # not a zombie
            parents[pid] = int(status["PPid"])
    family = {root}
    while grown := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= grown
    shares = (_lines(Path(f"/proc/{pid}/smaps_rollup")).get("Pss", "0") for pid in family)
    return sum(int(share.split()[0]) for share in shares) / 1024


def _lines(path: Path) -> dict[str, str]:
    return dict(line.partition(":")[::2] for line in _read(path).splitlines())


def _processes() -> Iterator[tuple[int, Path]]:
    return ((int(place.name), place) for place in Path("/proc").iterdir() if place.name.isdigit())


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""

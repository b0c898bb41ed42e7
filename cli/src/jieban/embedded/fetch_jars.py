"""Fetches a server's jars into a directory: `python -m jieban.embedded.fetch_jars DIRECTORY TITLE LOCK_FILE`.

Each jar appears there whole and with the locked checksum, or not at all.
"""

import hashlib
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.maven import MavenContext

from jieban.embedded.jars import Jar, JarSet

_AT_ONCE = 6
_ATTEMPTS = 3
_TIMEOUT_SECONDS = 20


def repository_url() -> str:
    """Return Maven Central, or the mirror that JIEBAN_MAVEN_URL names."""
    return os.environ.get("JIEBAN_MAVEN_URL") or MAVEN_CENTRAL_URL


def fetch(jar: Jar, directory: Path) -> None:
    """Put one jar into the directory.

    Raises `requests.RequestException` when the repository cannot be reached, `ValueError` for a wrong checksum and
    `RuntimeError` when the repository does not have it.
    """
    group, artifact, version = jar.coordinate.split(":")
    with tempfile.TemporaryDirectory(dir=directory, prefix=".fetching-") as scratch:
        maven = MavenContext(
            repo_cache=Path(scratch), remote_repos={"central": repository_url()}, timeout=_TIMEOUT_SECONDS
        )
        path = maven.project(group, artifact).at_version(version).artifact().resolve()
        if hashlib.sha256(path.read_bytes()).hexdigest() != jar.sha256:
            raise ValueError(f"{jar.coordinate} from {repository_url()} is not the file that was locked: refused.")
        path.replace(directory / jar.file_name)


def fetch_patiently(jar: Jar, directory: Path) -> None:
    """Fetch a jar unless it is there; a network error is tried again."""
    for attempt in range(1, _ATTEMPTS + 1):
        if (directory / jar.file_name).exists():
            return
        try:
            fetch(jar, directory)
        except requests.RequestException:
            if attempt == _ATTEMPTS:
                raise


def main(directory: Path, wanted: JarSet) -> None:
    """Fetch all jars; the reason of a failure is the last line on standard error."""
    try:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda jar: fetch_patiently(jar, directory), wanted.jars()))
    except requests.RequestException:
        sys.exit(
            f"{wanted.title} is not in {directory} yet and {repository_url()} cannot be reached: "
            "connect this machine to the network for the first start, or copy that directory from another machine."
        )
    except OSError as error:
        sys.exit(f"The jars of {wanted.title} cannot be written to {directory}: {error.strerror}.")
    except (ValueError, RuntimeError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(Path(sys.argv[1]), JarSet(sys.argv[2], Path(sys.argv[3])))

"""Writes the list of Kafka's jars anew, after a change of the version: `python -m jieban.embedded.lock_jars`."""

import hashlib
import sys
import tempfile
from pathlib import Path

from jgo.maven import MavenContext

from jieban.embedded.jars import KAFKA, KAFKA_VERSION

_KAFKA = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}"
_LOG4J = "org.apache.logging.log4j"


def lock_lines(maven: MavenContext) -> list[str]:
    """Resolve Kafka, its dependencies and the logging binding of the same release as its log4j."""
    kafka = maven.create_dependency(_KAFKA)
    _, needed = maven.resolver.resolve([kafka])
    release = next(node.version for node in needed if node.artifactId == "log4j-core")
    binding = maven.create_dependency(f"{_LOG4J}:log4j-slf4j-impl:{release}")
    lines = []
    for node in [kafka, *needed, binding]:
        digest = hashlib.sha256(node.artifact.resolve().read_bytes()).hexdigest()
        lines.append(f"{digest}  {node.groupId}:{node.artifactId}:{node.version}")
    return sorted(lines, key=lambda line: line.split()[1])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        lines = lock_lines(MavenContext(repo_cache=Path(scratch)))
    KAFKA.lock_file.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
    sys.stdout.write(f"{len(lines)} jars are locked in {KAFKA.lock_file}\n")

"""Kafka's jars come from a Maven repository, and only with the locked checksum."""

import hashlib
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from jieban.embedded.fetch_jars import fetch_patiently
from jieban.embedded.jars import KAFKA, KAFKA_VERSION, Jar

CONTENT = b"a jar"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_port: Callable[[], int]) -> Iterator[Path]:
    """A Maven repository with one artifact."""
    root = tmp_path / "repository"
    place = root / "org" / "example" / "thing" / "1.0"
    place.mkdir(parents=True)
    (place / "thing-1.0.jar").write_bytes(CONTENT)
    server = ThreadingHTTPServer(("127.0.0.1", free_port()), partial(Quiet, directory=str(root)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("JIEBAN_MAVEN_URL", f"http://127.0.0.1:{server.server_port}")
    yield root
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    (tmp_path / "cache").mkdir()
    return tmp_path / "cache"


@pytest.mark.usefixtures("repository")
def test_a_jar_with_the_locked_checksum_is_kept(cache: Path) -> None:
    fetch_patiently(Jar("org.example:thing:1.0", hashlib.sha256(CONTENT).hexdigest()), cache)
    assert [path.name for path in cache.iterdir()] == ["thing-1.0.jar"]
    assert (cache / "thing-1.0.jar").read_bytes() == CONTENT


@pytest.mark.usefixtures("repository")
def test_a_jar_with_another_checksum_is_refused_and_leaves_nothing(cache: Path) -> None:
    with pytest.raises(ValueError, match="is not the file that was locked"):
        fetch_patiently(Jar("org.example:thing:1.0", "0" * 64), cache)
    assert list(cache.iterdir()) == []


@pytest.mark.usefixtures("repository")
def test_a_jar_that_the_repository_lacks_is_an_error(cache: Path) -> None:
    with pytest.raises(RuntimeError, match="not found"):
        fetch_patiently(Jar("org.example:other:1.0", "0" * 64), cache)


def test_the_lock_names_the_pinned_kafka_and_one_logging_binding() -> None:
    coordinates = [jar.coordinate for jar in KAFKA.jars()]
    assert f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}" in coordinates
    assert len([each for each in coordinates if ":log4j-slf4j-impl:" in each]) == 1
    assert len(coordinates) == len(set(coordinates))

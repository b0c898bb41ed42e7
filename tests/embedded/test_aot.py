"""Brokers start with what an earlier one has loaded, and without it where that cannot be had."""

import os
from pathlib import Path

import pytest

from embedded.process_table import pids_naming
from jieban.embedded.aot import cache_options
from jieban.embedded.datadir import DataDir
from jieban.embedded.jars import classpath
from jieban.embedded.java import find_java
from jieban.embedded.kafka import Kafka


@pytest.fixture
def directory(tmp_path: Path) -> DataDir:
    return DataDir.open(tmp_path / "data")


async def test_a_broker_uses_the_cache(kafka: Kafka, directory: DataDir) -> None:
    options = await cache_options(find_java(), await classpath(directory))
    if not options:
        pytest.skip("this Java writes no ahead-of-time cache, or the directory of the jars is read-only")
    assert kafka.pid in pids_naming(options[0])


async def test_a_cache_that_java_cannot_use_does_not_stop_a_broker(directory: DataDir) -> None:
    spoilt = directory.root / "spoilt.aot"
    spoilt.write_bytes(os.urandom(4096))
    kafka = Kafka(directory, jvm_options=(f"-XX:AOTCache={spoilt}",))
    await kafka.start()
    await kafka.stop()


@pytest.mark.parametrize("release", ['JAVA_VERSION="17.0.15"\n', 'JAVA_VERSION="1.8.0"\n', "", None])
async def test_a_java_that_writes_no_cache_is_used_without(tmp_path: Path, release: str | None) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.touch()
    if release is not None:
        (tmp_path / "release").write_text(release, encoding="utf-8")
    assert await cache_options(java, [tmp_path / "kafka.jar"]) == ()
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".aot")]

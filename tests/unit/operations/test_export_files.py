"""Files of exports are begun, ended and removed beside the event loop, which answers whoever else asks meanwhile."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from operations.exporting.files import ExportFiles
from runtime.ids import uuid7

WAITS = [(Path, "mkdir"), (Path, "glob"), (Path, "open"), (Path, "replace"), (Path, "unlink"), (os, "fsync")]
"""What a slow disk makes wait."""


async def test_the_event_loop_waits_for_no_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: set[str] = set()
    on_the_loop: set[str] = set()
    loop = threading.get_ident()

    def noted(name: str, does: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            (on_the_loop if threading.get_ident() == loop else done).add(name)
            return does(*arguments, **named)

        return call

    files, made, broken = ExportFiles(tmp_path / "exports"), uuid7(), uuid7()
    with monkeypatch.context() as patch:
        for owner, name in WAITS:
            patch.setattr(owner, name, noted(name, getattr(owner, name)))
        async with files.writing(made, 1) as file:
            file.write(b"whole")
        with pytest.raises(ZeroDivisionError):
            async with files.writing(broken, 1) as file:
                file.write(bytes(1 // 0))
    assert (on_the_loop, done) == (set(), {name for _, name in WAITS})
    assert [(each.name, each.read_bytes()) for each in (tmp_path / "exports").iterdir()] == [(str(made), b"whole")]
    await files.remove(made)
    assert list((tmp_path / "exports").iterdir()) == []

"""Makes Python packages for a test."""

import textwrap
from collections.abc import Mapping
from pathlib import Path


def write_package(root: Path, name: str, files: Mapping[str, str]) -> None:
    """Write the files, by their paths inside the package; their text may be indented."""
    for path, content in files.items():
        file = root / name / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(content))

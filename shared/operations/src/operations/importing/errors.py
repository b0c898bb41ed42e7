"""What stops an import before its first row."""

from collections.abc import Sequence
from typing import Literal

from operations.importing.said import Said

Code = Literal["import-mapping-invalid", "import-file-unreadable", "import-columns-missing"]


class ImportRefused(Exception):
    """A file or a mapping that cannot be taken, in one sentence that says what to do about it."""

    def __init__(self, said: Said, code: Code = "import-file-unreadable", missing: Sequence[Said] = ()) -> None:
        """`missing`: each field that lacks a column, with the columns that would do."""
        super().__init__(said.en)
        self.said = said
        self.code = code
        self.missing = missing


class NotTaken(ValueError):
    """A value that a mapping may not have."""

    def __init__(self, said: Said) -> None:
        super().__init__(said.en)
        self.said = said

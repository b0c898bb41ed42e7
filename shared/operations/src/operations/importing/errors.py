"""What stops an import before its first row."""

from collections.abc import Sequence
from typing import Literal

Code = Literal["import-mapping-invalid", "import-file-unreadable", "import-columns-missing"]


class ImportRefused(Exception):
    """A file or a mapping that cannot be taken, in one sentence that says what to do about it."""

    def __init__(self, message: str, code: Code = "import-file-unreadable", missing: Sequence[str] = ()) -> None:
        """`missing`: each field that lacks a column, with the columns that would do."""
        super().__init__(message)
        self.code = code
        self.missing = missing

"""What became of rows that were not imported, as CSV beside the file, written as it comes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from operations.importing.mapping import Flaw
from operations.sheets.lines import MARK, csv_lines
from runtime.problems.language import Language

HEADINGS: Mapping[Language, Sequence[str]] = {
    "zh-CN": ("行号", "外部编号", "列", "字段", "问题", "应为"),
    "en": ("row", "external_ref", "column", "field", "problem", "expected"),
}
_LANGUAGE: Language = "en"
"""Of the command."""


class Report:
    """A file with a line for each flaw of each row; there is none where there is nothing to tell."""

    def __init__(self, path: Path) -> None:
        """A file of an earlier run at `path` is removed when this one begins."""
        self.path = path
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was told."""
        return self._file is None

    def tell(self, line: int, external_ref: str | None, flaws: Sequence[Flaw]) -> None:
        """Write what is wrong with a row."""
        if self._file is None:
            self._file = self.path.open("wb")
            self._file.write(MARK + csv_lines([HEADINGS[_LANGUAGE]]))
        self._file.write(csv_lines([line, external_ref, *flaw.told(_LANGUAGE).values()] for flaw in flaws))

"""What is told of files, mappings and rows, in Chinese and English."""

from typing import NamedTuple, Self

from runtime.problems.language import Language


class Said(NamedTuple):
    """A text, or a part of one, in both languages."""

    zh: str
    en: str

    @classmethod
    def same(cls, text: str) -> Self:
        """Return what is the same in both, or is in the language of whoever reads it."""
        return cls(text, text)

    def told(self, language: Language) -> str:
        """Return it in one of them."""
        return self.en if language == "en" else self.zh

    def replace(self, old: str, new: str) -> "Said":
        """Return it with other words in place of some."""
        return Said(self.zh.replace(old, new), self.en.replace(old, new))

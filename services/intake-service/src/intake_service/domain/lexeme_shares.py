"""How common lexemes are: what decides which way a search takes, and nothing of what it finds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

RARE = 0.005
"""Up to this share of all texts, the index of words says at once where a lexeme is; others would only hold it up."""


@dataclass(frozen=True, slots=True)
class Shares:
    """In which share of all texts the most common lexemes are, as far as the database has looked."""

    known: Mapping[str, float]
    least: float
    """Of these; others are in fewer texts."""
    texts: float
    """How many there are."""

    def of_rarest(self, lexemes: Sequence[str]) -> float:
        """Return about how large the share of the rarest of some lexemes is at most."""
        return min(self.known.get(lexeme, self.least) for lexeme in lexemes)

    def rare(self, lexemes: Sequence[str]) -> list[str]:
        """Return those that are rare."""
        return [lexeme for lexeme in lexemes if self.known.get(lexeme, 0.0) <= RARE]

"""Suggests what a complaint is about: a linear model on character n-grams, in the process, without a network."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from itertools import islice
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from intake_service.service.ngrams import BUCKETS, buckets

FORMAT = 1
OPEN = "other"
"""Never taken as a category by itself: operators look at what is left open."""
_ARRAYS = ("format", "codes", "weights", "scales", "biases", "temperature", "threshold")

Floats = npt.NDArray[np.float32]


class BadModel(ValueError):
    """A file that is no model of this version."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A category with the model's confidence in it, from 0 to 1."""

    code: str
    confidence: float


def _any(_code: str) -> bool:
    return True


@dataclass(frozen=True, eq=False)
class Classifier:
    """A trained model. Weights are bytes, scaled per category: a score is one gather and one sum."""

    codes: Sequence[str]
    weights: npt.NDArray[np.int8]
    """One row a bucket, one column a category."""
    scales: Floats
    biases: Floats
    temperature: float
    """Divides the scores, so that confidences are shares of right answers."""
    threshold: float
    """The confidence from which a suggestion may be taken without asking anybody, from 0 to 1."""

    def suggest(self, text: str, count: int = 3, *, is_open: Callable[[str], bool] = _any) -> list[Suggestion]:
        """Return the `count` likeliest categories that are open, likeliest first; none for a blank text."""
        found = buckets(text)
        if not found.size:
            return []
        sums = self.weights.take(found, axis=0).sum(axis=0, dtype=np.int32)
        scores = (sums * self.scales / np.sqrt(np.float32(found.size)) + self.biases) / np.float32(self.temperature)
        shares = np.exp(scores - scores.max())
        shares /= shares.sum()
        best = (index for index in shares.argsort(kind="stable")[::-1] if is_open(self.codes[index]))
        return [Suggestion(self.codes[index], round(float(shares[index]), 4)) for index in islice(best, count)]

    def save(self, path: Path) -> None:
        """Write the model; the same model gives the same bytes."""
        np.savez_compressed(
            path,
            format=np.int32(FORMAT),
            codes=np.array(self.codes),
            weights=self.weights,
            scales=self.scales,
            biases=self.biases,
            temperature=np.float32(self.temperature),
            threshold=np.float32(self.threshold),
        )

    def version(self) -> str:
        """Return a short name of what the model says: the same for the same model everywhere."""
        digest = hashlib.sha256("\n".join(self.codes).encode())
        for array in (self.weights, self.scales, self.biases, np.array([self.temperature, self.threshold], np.float32)):
            digest.update(np.ascontiguousarray(array).tobytes())
        return f"{FORMAT}-{digest.hexdigest()[:12]}"


def load(path: Path) -> Classifier:
    """Read a model. Raises BadModel. Of the categories that it knows, those that a tenant has are suggested."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            form, codes, weights, scales, biases, temperature, threshold = (stored[name] for name in _ARRAYS)
    except (OSError, KeyError, ValueError, EOFError, BadZipFile, AttributeError, TypeError) as error:
        raise BadModel(f"{path} is no category model") from error
    model = Classifier(
        tuple(map(str, np.atleast_1d(codes))),
        weights,
        scales,
        biases,
        float(temperature.flat[0]),
        float(threshold.flat[0]),
    )
    if int(form.flat[0]) != FORMAT or weights.shape != (BUCKETS, len(model.codes)) or weights.dtype != np.int8:
        raise BadModel(f"{path} is a category model of another version; train it again")
    return model


@cache
def shipped() -> Classifier:
    """Return the model that comes with the service."""
    with as_file(files("intake_service.domain").joinpath("data", "category-model.npz")) as path:
        return load(path)

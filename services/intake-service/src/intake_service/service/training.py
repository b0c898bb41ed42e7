"""Trains the suggestion of categories: multinomial logistic regression, the same result for the same examples."""

import math
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import yaml

from intake_service.service.classifying import OPEN, Classifier, Floats
from intake_service.service.ngrams import BUCKETS, buckets

_EPOCHS = 30
_RATE = 0.3
_DECAY = 1e-5
_FOLDS = 5
_WANTED_PRECISION = 0.9
_STRICTEST = 0.95
_TEMPERATURES = np.geomspace(0.25, 4.0, 33)
Told = Callable[[int, int], None]
"""Hears how much of how much is done."""


class Example(NamedTuple):
    """A text and the category that it has."""

    text: str
    category: str


class _Row(NamedTuple):
    buckets: npt.NDArray[np.uint32]
    values: Floats
    label: int


def seeds() -> list[Example]:
    """Return the shipped phrases with their categories."""
    text = files("intake_service.domain").joinpath("data", "category-seeds.yaml").read_text("utf-8")
    phrases: Mapping[str, list[str]] = yaml.safe_load(text)
    return [Example(phrase, code) for code, group in phrases.items() for phrase in group]


def _tell_nobody(_done: int, _total: int) -> None:
    """Train in silence."""


def train(examples: Sequence[Example], told: Told = _tell_nobody) -> Classifier:
    """Return a model of the examples whose confidences and threshold come from cross-validation.

    The threshold is the least confidence from which nine in ten suggestions were right on texts that a model had not
    seen. `told` hears how many of all rounds are done. Raises ValueError for fewer than two categories.
    """
    codes = sorted({example.category for example in examples})
    if len(codes) < 2:
        raise ValueError("there must be examples of two categories at least")
    rows = [row for example in examples if (row := _row(example, codes)).buckets.size]
    scores = np.zeros((len(rows), len(codes)), dtype=np.float32)
    for fold in range(_FOLDS):
        told(fold, _FOLDS + 1)
        weights, biases = _fit([row for index, row in enumerate(rows) if index % _FOLDS != fold], len(codes))
        for index in range(fold, len(rows), _FOLDS):
            scores[index] = rows[index].values @ weights[rows[index].buckets] + biases
    labels = np.array([row.label for row in rows])
    temperature = float(min(_TEMPERATURES, key=lambda degree: _loss(scores / degree, labels)))
    threshold = _threshold(_softmax(scores / temperature), labels, codes)
    told(_FOLDS, _FOLDS + 1)
    weights, biases = _fit(rows, len(codes))
    told(_FOLDS + 1, _FOLDS + 1)
    scales = np.maximum(np.abs(weights).max(axis=0), 1e-6) / np.float32(127)
    return Classifier(tuple(codes), np.rint(weights / scales).astype(np.int8), scales, biases, temperature, threshold)


def _row(example: Example, codes: Sequence[str]) -> _Row:
    found, counts = np.unique(buckets(example.text), return_counts=True)
    values = counts.astype(np.float32) / np.sqrt(np.float32(max(1, counts.sum())))
    return _Row(found, values, codes.index(example.category))


def _fit(rows: Sequence[_Row], width: int) -> tuple[Floats, Floats]:
    """Descend along the gradient with a rate of its own for each weight, in a shuffled but fixed order."""
    weights, biases = np.zeros((BUCKETS, width), dtype=np.float32), np.zeros(width, dtype=np.float32)
    squares, order = np.full_like(weights, 0.01), np.random.default_rng(1)
    for _ in range(_EPOCHS):
        for index in order.permutation(len(rows)):
            found, values, label = rows[index]
            errors = _softmax(values @ weights[found] + biases)
            errors[label] -= 1
            gradient = np.outer(values, errors) + _DECAY * weights[found]
            squares[found] += gradient * gradient
            weights[found] -= _RATE * gradient / np.sqrt(squares[found])
            biases -= np.float32(0.02) * errors
    return weights, biases


def _softmax(scores: Floats) -> Floats:
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    result: Floats = (shares / shares.sum(axis=-1, keepdims=True)).astype(np.float32)
    return result


def _loss(scores: Floats, labels: npt.NDArray[np.int64]) -> float:
    shares = _softmax(scores)[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(shares, 1e-9)).mean())


def _threshold(shares: Floats, labels: npt.NDArray[np.int64], codes: Sequence[str]) -> float:
    best, confidence = shares.argmax(axis=1), shares.max(axis=1)
    takeable = np.array([code != OPEN for code in codes])[best]
    for least in np.arange(0.3, _STRICTEST, 0.01):
        taken = takeable & (confidence >= least)
        if _surely(int((best[taken] == labels[taken]).sum()), int(taken.sum())) >= _WANTED_PRECISION:
            return round(float(least), 2)
    return _STRICTEST


def _surely(right: int, count: int) -> float:
    """Return the share of which one may be 97.5 % sure (Wilson's lower bound)."""
    if not count:
        return 0.0
    share, z2 = right / count, 1.96**2
    centre, spread = share + z2 / (2 * count), 1.96 * math.sqrt(share * (1 - share) / count + z2 / (4 * count**2))
    return (centre - spread) / (1 + z2 / count)

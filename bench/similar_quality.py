"""How well complaints are found that speak of the same problem, on citizens' messages that were labelled by hand.

    python -m bench.similar_quality --data citizen-messages.jsonl [--json FILE]

The messages are not part of this project: `--data` (or JIEBAN_QUALITY_DATA) names the file, one JSON object a line
with `id`, `user`, `subject` and `text`. The labels are in docs/quality/similar.csv: messages with the same number speak
of the same problem. Every labelled message is looked for among all the messages; places and times play no part.
"""

import argparse
import csv
import json
import os
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import mean

import numpy as np

from bench import report
from intake_service.domain.likeness import LONGEST, Pairs, Rarity, Texts, pairs

LABELS = Path(__file__).parent.parent / "docs" / "quality" / "similar.csv"
_AT = (1, 3, 5, 10)
_THRESHOLDS = (0.05, 0.08, 0.12, 0.15, 0.2, 0.3)
_DIMENSIONS = 256
_OTHER_WORDS = 0.3
"""Below this Jaccard likeness of their triples of letters, two texts are in other words."""
Rank = Callable[[int], Sequence[float]]
"""How alike a message, by its place, is to each."""


@dataclass(frozen=True)
class Messages:
    """All messages, and the problems of those that are labelled."""

    texts: Sequence[str]
    users: Sequence[str]
    problems: Mapping[int, int]
    """By the place of the message."""

    def partners(self, place: int) -> list[int]:
        """Return who speaks of the same problem and is somebody else."""
        problem, user = self.problems[place], self.users[place]
        return [other for other, its in self.problems.items() if its == problem and self.users[other] != user]


def main() -> None:
    """Look for each, count, print."""
    options = _options()
    messages = read(options.data)
    triples = [{text[i : i + 3] for i in range(len(text) - 2)} for text in messages.texts]
    found = [pairs(text) for text in messages.texts]
    everything = Texts.of(found)
    rarity = Rarity(everything)
    projected = _projected(found)
    ways: dict[str, Rank] = {
        "rare pairs of letters (chosen)": lambda place: rarity.likeness(found[place], everything),
        "the same, 300 by rarest pairs": _limited(rarity, found, 300),
        "the same, 1,000 by rarest pairs": _limited(rarity, found, 1000),
        "shared triples (as pg_trgm)": lambda place: [_jaccard(triples[place], other) for other in triples],
        f"vectors of {_DIMENSIONS} (as for pgvector)": lambda place: (projected @ projected[place]).tolist(),
    }
    tables = {
        "labels": [_labels(messages, triples)],
        "recall": [row for name, rank in ways.items() for row in _recall(name, rank, messages, triples)],
        "thresholds": _thresholds(messages, rarity, found),
    }
    for title, rows in tables.items():
        report.show(title, rows)
    if options.sample:
        _show_sample(messages, rarity, found, options.sample)
    report.write("similar-quality", tables, options.json)


def read(path: Path | None) -> Messages:
    """Return the messages and their labels. SystemExit where the data lacks one."""
    if path is None or not path.is_file():
        raise SystemExit("Name the file of messages with --data or JIEBAN_QUALITY_DATA; it is not part of the project.")
    with path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    places = {row["id"]: place for place, row in enumerate(rows)}
    with LABELS.open(encoding="utf-8", newline="") as lines:
        labels = {row["id"]: int(row["problem"]) for row in csv.DictReader(lines)}
    if missing := labels.keys() - places.keys():
        raise SystemExit(f"The data has no message {min(missing)} ({len(missing)} are missing).")
    texts = [f"{row['subject'].strip()}\n{row['text'].strip()}"[:LONGEST] for row in rows]
    return Messages(texts, [row["user"] for row in rows], {places[each]: its for each, its in labels.items()})


def _labels(messages: Messages, triples: Sequence[set[str]]) -> report.Row:
    same, apart = _pairs_of(messages)
    in_other_words = sum(_jaccard(triples[a], triples[b]) < _OTHER_WORDS for a, b in same)
    problems = {messages.problems[a] for a, _ in same}
    return {
        "messages": len(messages.texts),
        "labelled": len(messages.problems),
        "problems of several": len(problems),
        "pairs, same": len(same),
        "of these in other words": in_other_words,
        "pairs, different": len(apart),
    }


def _pairs_of(messages: Messages) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    same: list[tuple[int, int]] = []
    apart: list[tuple[int, int]] = []
    for one, other in combinations(messages.problems, 2):
        if messages.users[one] != messages.users[other]:
            (same if messages.problems[one] == messages.problems[other] else apart).append((one, other))
    return same, apart


def _recall(name: str, rank: Rank, messages: Messages, triples: Sequence[set[str]]) -> list[report.Row]:
    """Count, of each message's partners, how many are among the first so many; each problem weighs the same."""
    shares: dict[int, dict[int, list[float]]] = {at: defaultdict(list) for at in _AT}
    hard: dict[int, dict[int, list[float]]] = {at: defaultdict(list) for at in _AT}
    for place, problem in messages.problems.items():
        partners = messages.partners(place)
        if not partners:
            continue
        scores = rank(place)
        order = [
            o for o in np.argsort(-np.asarray(scores), kind="stable") if messages.users[o] != messages.users[place]
        ]
        is_hard = all(_jaccard(triples[place], triples[partner]) < _OTHER_WORDS for partner in partners)
        for at in _AT:
            share = len(set(order[:at]) & set(partners)) / min(at, len(partners))
            shares[at][problem].append(share)
            if is_hard:
                hard[at][problem].append(share)
    return [_row(name, "all", shares), _row(name, "in other words", hard)]


def _row(name: str, which: str, shares: Mapping[int, Mapping[int, Sequence[float]]]) -> report.Row:
    asked = sum(map(len, shares[1].values()))
    means = {f"of the first {at}": round(mean(map(mean, shares[at].values())), 3) for at in _AT}
    return {"way": name, "partners": which, "asked": asked, **means}


def _thresholds(messages: Messages, rarity: Rarity, found: Sequence[Pairs]) -> list[report.Row]:
    """Count labelled pairs from a likeness on; recall weighs each problem the same."""
    labelled = list(messages.problems)
    texts = Texts.of([found[place] for place in labelled])
    alike = {
        (one, other): score
        for one in labelled
        for other, score in zip(labelled, rarity.likeness(found[one], texts), strict=True)
    }
    same, apart = _pairs_of(messages)
    rows: list[report.Row] = []
    for least in _THRESHOLDS:
        by_problem: dict[int, list[bool]] = defaultdict(list)
        for pair in same:
            by_problem[messages.problems[pair[0]]].append(alike[pair] >= least)
        wrong = sum(alike[pair] >= least for pair in apart)
        right = sum(map(sum, by_problem.values()))
        recall = round(mean(map(mean, by_problem.values())), 3)
        rows.append({"likeness from": least, "recall": recall, "pairs found": right, "wrong ones": wrong,
                     "of": len(apart), "precision of pairs": round(right / max(1, right + wrong), 3)})  # fmt: skip
    return rows


def _show_sample(messages: Messages, rarity: Rarity, found: Sequence[Pairs], count: int) -> None:
    """Print what is found first for messages drawn at random, to be judged by reading."""
    for place in random.Random(20_261_129).sample(range(len(found)), count):
        scores = rarity.likeness(found[place], Texts.of(found))
        scores = [0.0 if messages.users[o] == messages.users[place] else s for o, s in enumerate(scores)]
        best = int(np.argmax(scores))
        print(f"{scores[best]:.3f} | {messages.texts[place][:110]!r} | {messages.texts[best][:110]!r}")


def _limited(rarity: Rarity, found: Sequence[Pairs], budget: int) -> Rank:
    """Compare only those that share one of the rarest pairs, as the service does with its index."""
    places: dict[int, list[int]] = defaultdict(list)
    for place, its in enumerate(found):
        for pair in its.tolist():
            places[pair].append(place)

    def rank(place: int) -> list[float]:
        rarest = rarity.rarest(found[place], 1.0, budget)
        near = sorted({other for pair in rarest.tolist() for other in places[pair]})
        scores = [-1.0] * len(found)
        for other, score in zip(near, rarity.likeness(found[place], Texts.of([found[o] for o in near])), strict=True):
            scores[other] = score
        return scores

    return rank


def _projected(found: Sequence[Pairs]) -> np.ndarray:
    """Return each text as a vector: its pairs, the rarer the heavier, each in a random direction of its own."""
    counts = np.bincount(np.concatenate(found), minlength=1 << 18)
    weights = np.log((len(found) + 1) / np.maximum(counts, 1)).astype(np.float32)
    signs = np.random.default_rng(1).choice(np.array([-1, 1], np.int8), (1 << 18, _DIMENSIONS))
    vectors = np.stack([weights[its] @ signs[its].astype(np.float32) for its in found])
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9))


def _jaccard(one: set[str], other: set[str]) -> float:
    return len(one & other) / max(1, len(one | other))


def _options() -> argparse.Namespace:
    known = os.environ.get("JIEBAN_QUALITY_DATA")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(known) if known else None, help="the messages, as JSON lines")
    parser.add_argument("--sample", type=int, default=0, help="print the best match of so many, to be read")
    parser.add_argument("--json", type=Path, help="where the JSON goes")
    return parser.parse_args()


if __name__ == "__main__":
    main()

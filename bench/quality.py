"""How good the suggestion of categories is, on citizens' messages that were labelled by hand.

    python -m bench.quality --data citizen-messages.jsonl [--history FILE] [--json FILE]

The messages are not part of this project: `--data` (or JIEBAN_QUALITY_DATA) names the file, one JSON object a line
with `id`, `subject` and `text`. The labels are in docs/quality/categories.csv, by id, with their split: `test`
is a random sample, `train` was read as well, `keyword` was labelled by a word in its subject and not read. A model is
trained on the last two and the shipped phrases, and measured on the first.
"""

import argparse
import csv
import json
import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import mean, median

from bench import report
from intake_service.service.classifying import OPEN, Classifier, Suggestion
from intake_service.service.training import Example, seeds, train

LABELS = Path(__file__).parent.parent / "docs" / "quality" / "categories.csv"
_BINS = (0.0, 0.4, 0.6, 0.8, 0.9, 1.01)
Answer = tuple[str, list[Suggestion]]


def main() -> None:
    """Train, measure, print."""
    options = _options()
    texts = _texts(options.data)
    learnt, asked = labelled(texts, "train", "keyword"), labelled(texts, "test")
    if options.history:
        options.history.write_text(
            "".join(json.dumps({"text": e.text, "category": e.category}, ensure_ascii=False) + "\n" for e in learnt),
            "utf-8",
        )
    model = train([*seeds(), *learnt])
    answers: list[Answer] = [(example.category, model.suggest(example.text)) for example in asked]
    named = [answer for answer in answers if answer[0] != OPEN]
    tables = {
        "model": [
            {
                "version": model.version(),
                "learnt from": len(learnt),
                "temperature": model.temperature,
                "threshold": model.threshold,
                "us per text": _microseconds(model, asked),
            }
        ],
        "accuracy": [
            _accuracy("all", answers),
            _accuracy(f"all but {OPEN}", named),
            _accuracy(f"always {OPEN}", [(given, [Suggestion(OPEN, 1.0)]) for given, _ in answers]),
        ],
        "taken": [_taken(answers, model.threshold), _taken(answers, 0.5), _taken(answers, 0.9)],
        "calibration": _calibration(answers),
        "categories": _categories(answers),
    }
    for title, rows in tables.items():
        report.show(title, rows)
    report.write("quality", tables, options.json)


def labelled(texts: Mapping[str, str], *splits: str) -> list[Example]:
    """Return the labelled messages of these splits. SystemExit where the data lacks one."""
    with LABELS.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["split"] in splits]
    if missing := [row["id"] for row in rows if row["id"] not in texts]:
        raise SystemExit(f"The data has no message {missing[0]} ({len(missing)} are missing).")
    return [Example(texts[row["id"]], row["category"]) for row in rows]


def _texts(path: Path | None) -> dict[str, str]:
    if path is None or not path.is_file():
        raise SystemExit("Name the file of messages with --data or JIEBAN_QUALITY_DATA; it is not part of the project.")
    with path.open(encoding="utf-8") as lines:
        return {row["id"]: f"{row['subject'].strip()}\n{row['text'].strip()}" for row in map(json.loads, lines)}


def _accuracy(name: str, answers: Sequence[Answer]) -> report.Row:
    first = mean(given == suggested[0].code for given, suggested in answers)
    third = mean(given in {each.code for each in suggested} for given, suggested in answers)
    return {"messages": name, "count": len(answers), "top-1": round(first, 3), "top-3": round(third, 3)}


def _taken(answers: Sequence[Answer], threshold: float) -> report.Row:
    taken = [(given, s[0].code) for given, s in answers if s[0].code != OPEN and s[0].confidence >= threshold]
    right, named = sum(given == code for given, code in taken), sum(given != OPEN for given, _ in answers)
    return {
        "threshold": threshold,
        "taken": len(taken),
        "right": right,
        "precision": round(right / max(1, len(taken)), 3),
        "recall": round(right / max(1, named), 3),
    }


def _calibration(answers: Sequence[Answer]) -> list[report.Row]:
    rows: list[report.Row] = []
    for low, high in pairwise(_BINS):
        inside = [(given == s[0].code, s[0].confidence) for given, s in answers if low <= s[0].confidence < high]
        if inside:
            rows.append(
                {
                    "confidence": f"{low}-{min(high, 1.0)}",
                    "count": len(inside),
                    "mean confidence": round(mean(confidence for _, confidence in inside), 3),
                    "right": round(mean(right for right, _ in inside), 3),
                }
            )
    return rows


def _categories(answers: Sequence[Answer]) -> list[report.Row]:
    given = Counter(code for code, _ in answers)
    said = Counter(suggested[0].code for _, suggested in answers)
    right = Counter(code for code, suggested in answers if code == suggested[0].code)
    return [
        {"category": code, "given": given[code], "suggested": said[code], "right": right[code]}
        for code in sorted({*given, *said})
    ]


def _microseconds(model: Classifier, examples: Sequence[Example]) -> float:
    took = []
    for example in list(examples) * 5:
        began = time.perf_counter()
        model.suggest(example.text)
        took.append(time.perf_counter() - began)
    return round(median(took) * 1e6, 1)


def _options() -> argparse.Namespace:
    known = os.environ.get("JIEBAN_QUALITY_DATA")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(known) if known else None, help="the messages, as JSON lines")
    parser.add_argument("--history", type=Path, help="where the training messages go, for jieban train-categories")
    parser.add_argument("--json", type=Path, help="where the JSON goes")
    return parser.parse_args()


if __name__ == "__main__":
    main()

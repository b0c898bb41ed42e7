"""Shows that the checker bites: twelve seeded defects, each of which it has to name, and a sound system that is clean.

    python -m chaos.defects [--only NAME] [--sound] [--json FILE]

Ends with 0 only if every defect is caught and the sound system is clean.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop

from bench import report
from chaos.checker import Violation
from chaos.defects.scenarios import CLEAN, SCENARIOS, Scenario

_FEW = 3


async def main() -> int:
    """Play the scenarios one after the other, print the table and return the exit code."""
    options = _options()
    rows = [await _played(each, sound=options.sound or each is CLEAN) for each in _chosen(options.only)]
    report.show("Seeded defects", rows)
    if options.json:
        report.write("defects", {"defects": rows}, options.json)
    return 0 if all(row["caught"] in {"yes", "clean"} for row in rows) else 1


async def _played(scenario: Scenario, *, sound: bool) -> report.Row:
    began = time.monotonic()
    found = await scenario.play(sound=sound)
    seconds = time.monotonic() - began
    names = [violation for violation in found if scenario.names(violation)]
    told = found if sound else names or found
    print(f"{scenario.defect}{' left out' if sound else ''}: {len(found)} violations after {seconds:.0f} s", flush=True)
    for violation in found:
        ids = ", ".join(violation.ids[:_FEW])
        print(f"    {violation.invariant} {violation.what}: {len(violation.ids)} ({ids})", flush=True)
    return {
        "defect": scenario.defect,
        "injected": scenario.injected,
        "caught by": "; ".join(f"{each.invariant} {each.what}: {len(each.ids)}" for each in told[:_FEW]) or "nothing",
        "caught": _word(sound=sound, found=found, named=bool(names)),
        "seconds": round(seconds),
    }


def _word(*, sound: bool, found: Sequence[Violation], named: bool) -> str:
    if sound:
        return "NOT CLEAN" if found else "clean"
    return "yes" if named else "NO"


def _chosen(only: str | None) -> Sequence[Scenario]:
    every = (*SCENARIOS, CLEAN)
    return every if only is None else [each for each in every if each.defect == only]


def _options() -> argparse.Namespace:
    names = [scenario.defect for scenario in (*SCENARIOS, CLEAN)]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=names, metavar="NAME", help=f"one of {', '.join(names)}")
    parser.add_argument("--sound", action="store_true", help="leave the defects out: all must be clean then")
    parser.add_argument("--json", type=Path, help="where the results go as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(uvloop.run(main()))

"""Break everything under load, and check that nothing was lost: `python -m chaos --help`."""

import argparse
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import uvloop

from bench import report
from chaos.faults import FAULTS
from chaos.run import Plan, run
from chaos.schedule import Schedule, draw

_EPILOG = """
examples:
  python -m chaos                                    the short run, a few minutes
  python -m chaos --faults 100 --accepted 100000 --keys 10000 --rate 30 --short 0.6 --minutes 600
  python -m chaos --only kill-leader,freeze-broker --faults 6 --seed 7
  python -m chaos --replay chaos-schedule.json       the same faults at the same moments again

Exit code: 0 if nothing was lost, doubled or out of order and every fault was recovered from by itself within its
bound; 1 if not; 2 if the arguments make no sense.
"""


def main() -> int:
    """Run once and return the exit code."""
    options = _options()
    schedule = _schedule(options)
    schedule.save(options.schedule)
    plan = Plan(
        schedule=schedule,
        accepted=options.accepted,
        repeated_keys=options.keys,
        short=options.short,
        rate=options.rate,
        minutes=options.minutes,
        command=shlex.join(["python", "-m", "chaos", *sys.argv[1:]]),
    )
    print(f"seed {schedule.seed}, {len(schedule.steps)} faults, {plan.accepted:,} complaints, {plan.rate:g} a second")
    made = Path(tempfile.mkdtemp(prefix="jieban-chaos-"))
    try:
        found = uvloop.run(run(plan, made, _teller()))
    finally:
        if options.keep:
            print(f"\nJournal, data and logs are kept in {made}")
        else:
            shutil.rmtree(made, ignore_errors=True)
    found.forgives_lateness = options.forgive_lateness
    found.show()
    report.write("chaos", found.document(), options.json)
    return 0 if found.is_good else 1


def _schedule(options: argparse.Namespace) -> Schedule:
    if options.replay is not None:
        return Schedule.load(options.replay)
    names = options.only.split(",") if options.only else sorted(FAULTS)
    return draw(options.seed, [(name, FAULTS[name].seconds) for name in names], options.faults)


def _teller() -> Callable[[str], None]:
    began = time.monotonic()

    def tell(what: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - began), 60)
        print(f"[{minutes:3d}:{seconds:02d}] {what}", flush=True)

    return tell


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m chaos",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seed", type=int, default=1, help="decides which faults come when (default: 1)")
    parser.add_argument("--faults", type=int, default=12, help="injections (default: 12)")
    parser.add_argument("--accepted", type=int, default=5_000, help="complaints to be accepted (default: 5000)")
    parser.add_argument(
        "--keys", type=int, default=1_000, help="requests of these that are sent ten times at once (default: 1000)"
    )
    parser.add_argument("--rate", type=float, default=15.0, help="lives begun a second (default: 15)")
    parser.add_argument(
        "--short", type=float, default=0.0, help="part of the lives that ends with the creation, 0 to 1 (default: 0)"
    )
    parser.add_argument("--minutes", type=float, default=6.0, help="no fault and no life begins later (default: 6)")
    parser.add_argument("--only", metavar="NAMES", help=f"of these, comma-separated: {', '.join(sorted(FAULTS))}")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="a schedule of an earlier run, instead of a seed")
    parser.add_argument("--schedule", type=Path, default=Path("chaos-schedule.json"), help="where the schedule goes")
    parser.add_argument("--json", type=Path, help="where the report goes (default: bench-chaos.json)")
    parser.add_argument(
        "--forgive-lateness",
        action="store_true",
        help="recoveries that take longer than their bound are told but do not fail the run: for busy machines",
    )
    parser.add_argument("--keep", action="store_true", help="keep journal, data and logs")
    options = parser.parse_args()
    unknown = set((options.only or "").split(",")) - set(FAULTS) - {""}
    if unknown:
        parser.error(f"no such fault: {', '.join(sorted(unknown))}; there are: {', '.join(sorted(FAULTS))}")
    if min(options.faults, options.accepted, options.keys) < 0 or options.rate <= 0 or options.minutes <= 0:
        parser.error("--faults, --accepted and --keys must not be negative, --rate and --minutes must be above 0")
    return options


if __name__ == "__main__":
    sys.exit(main())

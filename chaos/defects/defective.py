"""The command `jieban` with defects: `python -m chaos.defects.defective NAME[,NAME…] serve SERVICE …`.

Each NAME is a defect or a failpoint; `none` is neither. What follows is the ordinary command line.
"""

import sys
from collections.abc import Callable, Mapping

from chaos.defects import accepting, consuming, publishing
from chaos.defects.failpoints import FAILPOINTS, RECURRING
from jieban.main import app

DEFECTS: Mapping[str, Callable[[], None]] = {
    "cursor-by-id": publishing.cursor_by_id,
    "mark-before-send": publishing.mark_before_send,
    "no-inbox": consuming.no_inbox,
    "offsets-before-database": consuming.offsets_before_database,
    "skip-locked-relays": publishing.skip_locked_relays,
    "no-key": publishing.no_key,
    "swallowed-exception": consuming.swallowed_exception,
    "skipped-poison": consuming.skipped_poison,
    "producer-for-ever": publishing.producer_for_ever,
    "commit-after-answer": accepting.commit_after_answer,
    "follow-up-twice": consuming.follow_up_twice,
    "lost-park-order": consuming.lost_park_order,
}
_PIECES = {**DEFECTS, **FAILPOINTS, **RECURRING}
NONE = "none"


def apply(names: str) -> None:
    """Break this process; KeyError, and nothing is broken, for a name that is neither a defect nor a failpoint."""
    for broken in [_PIECES[name] for name in names.split(",") if name != NONE]:
        broken()


if __name__ == "__main__":
    apply(sys.argv.pop(1))
    app()

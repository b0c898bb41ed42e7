"""The stream of all log lines."""

import sys


def write_line(line: str) -> None:
    """Write a line at once; a closed terminal or a full disk must not fail the request that logs."""
    try:
        sys.stderr.write(line + "\n")
    except (OSError, ValueError):
        return

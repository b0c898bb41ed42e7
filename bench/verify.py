"""Verify: `jieban verify` over an exported ledger, beside a bare loop over the same file in one process.

    python -m bench.verify [--entries 500000] [--json FILE]

The bare loop parses each line as JSON and takes the four hashes that an entry needs (its content, its leaf, its link
and, on average, one node of the tree); it compares nothing.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random

from rich.progress import track

from bench import report
from ledger_service.domain.checkpoints import Checkpoint, Signer, origin_of
from ledger_service.domain.exporting import Header, encode, encode_header
from ledger_service.domain.merkle import Frontier
from ledger_service.domain.sealing import FIRST_LINK, Fields, Seal, digest, leaf_hash, link
from ledger_service.domain.verifying import Line
from runtime.ids import uuid7

_TENANT = "522723"
_FIGURE = re.compile(r"\(([0-9,]+) entries/s\)")
_WANTED = 100_000


def main() -> None:
    """Write an export, check it both ways, and print the table."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ledger.jsonl"
        _write(file, options.entries)
        bare = _bare(file)
        jieban = max(_jieban(file) for _ in range(2))
    row: report.Row = {"entries": options.entries, "jieban": jieban, "bare": bare, "ratio": jieban / bare}
    report.show(f"Entries of an export checked, a second (wanted: {_WANTED:,})", [row])
    report.write("verify", row, options.json)


def _jieban(file: Path) -> float:
    command = [sys.executable, "-m", "jieban", "verify", str(file)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = _FIGURE.search(said)
    if found is None:
        raise SystemExit(f"`jieban verify` said no figure: {said}")
    return float(found[1].replace(",", ""))


def _bare(file: Path) -> float:
    begun, count, last = time.perf_counter(), 0, FIRST_LINK
    with file.open("rb") as lines:
        lines.readline()
        for line in lines:
            entry = json.loads(line)
            content = sha256(entry["data"].encode()).digest()
            leaf = sha256(f"{entry['event_id']}{entry['complaint_id']}{content.hex()}".encode()).digest()
            last = sha256(last + leaf).digest()
            sha256(leaf + last).digest()
            count += 1
    return count / (time.perf_counter() - begun)


def _write(file: Path, count: int) -> None:
    """Write a sealed and signed export of received complaints with descriptions of a usual length."""
    random, tree, last = Random(522723), Frontier(), FIRST_LINK
    begin, body = datetime(2026, 1, 1, tzinfo=UTC), file.with_suffix(".body")
    with body.open("wb") as lines:
        for number in track(range(count), "Writing an export", transient=True):
            moment = begin + timedelta(seconds=number)
            data = json.dumps({"number": f"{number:012}", "description": "小区门口车辆乱停乱放，占用消防通道。" * 3})
            salt = random.randbytes(16)
            row = (_TENANT, number + 1, uuid7(), uuid7(), "complaint.received", "intake", 1, None, "received")
            fields = Fields.of((*row, moment, moment))
            content = digest(salt, "citizen", data)
            leaf = leaf_hash(fields, content)
            last = link(last, leaf)
            tree.append(leaf)
            lines.write(encode(Line(fields, "citizen", data, salt, Seal(number, number + 1, content, leaf, last))))
    signer = Signer(origin_of(_TENANT), "a secret of the benchmark, of no use anywhere")
    note = signer.sign(Checkpoint(origin_of(_TENANT), tree.size, tree.root(), datetime.now(UTC)))
    header = Header(tenant=_TENANT, entries=count, verifier_key=signer.verifier_key, checkpoints=[note])
    with file.open("wb") as whole, body.open("rb") as lines:
        whole.write(encode_header(header))
        while block := lines.read(1 << 20):
            whole.write(block)
    body.unlink()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=500_000)
    parser.add_argument("--json", type=Path, help="where the JSON goes")
    return parser.parse_args()


if __name__ == "__main__":
    main()

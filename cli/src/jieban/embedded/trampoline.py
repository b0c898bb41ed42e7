"""Becomes a server process: run by path with a bare interpreter, it needs the standard library only.

`python -I -S trampoline.py '{"parent": 1, "signal": 2, "uid": null, ...}' program argument...`
ties the life of the process to its parent's (Linux), drops root's privileges where asked, and executes the program.
"""

import ctypes
import json
import os
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_KEEPCAPS = 8
_PR_SET_SECUREBITS = 28
_SECBIT_NO_SETUID_FIXUP = 4
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x20080522


def _check(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _become(libc: ctypes.CDLL, uid: int, gid: int, reach_all: bool) -> None:
    """Turn root into an account, which with `reach_all` still passes directories closed to others (/root, say).

    Capabilities then do not go by whom the process is: access(2) would pass over them, and initdb asks by it whether
    it may run what lies beside it. A root that may not say so (CAP_SETPCAP) keeps them for all but that.
    """
    if reach_all and libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0) != 0:
        _check(libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0))
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if reach_all:
        bit = 1 << _CAP_DAC_OVERRIDE
        header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
        # effective, permitted and inheritable capabilities: the low words, then the high ones
        _check(libc.capset(header, (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)))
        _check(libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0))


def main(options: str, program: list[str]) -> None:
    """Change this process as the options say, then turn it into the program."""
    wish = json.loads(options)
    linux = sys.platform == "linux"
    libc = ctypes.CDLL(None, use_errno=True)
    if wish["uid"] is not None:
        _become(libc, wish["uid"], wish["gid"], linux and wish["reach_all"])
    if linux and wish["signal"]:
        _check(libc.prctl(_PR_SET_PDEATHSIG, wish["signal"], 0, 0, 0))
        if os.getppid() != wish["parent"]:
            sys.exit("the parent died first")
    os.execv(program[0], program)  # noqa: S606 -- replacing this process is what the module is for


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

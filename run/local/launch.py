"""Become the command that is given, in such a way that it cannot outlive the supervisor.

Run as a script, before the packages of the project are importable: launch.py PARENT SIGNAL USER PROGRAM ARGUMENT…
USER is `same`, or `ordinary` for a program that refuses to run as root.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000
_ORDINARY = 1000


def main() -> None:
    parent, last_signal, user, *command = sys.argv[1:]
    if user == "ordinary" and os.geteuid() == 0:
        _enter_user_namespace()
    _die_with(int(parent), int(last_signal))
    os.execv(command[0], command)  # noqa: S606 - becoming this program is the purpose


def _enter_user_namespace() -> None:
    """Call ourselves an ordinary user, while the kernel still lets us into the folders of root.

    Dropping to a real ordinary user would not do: a checkout may lie in a folder that only root can enter.
    """
    if _libc().unshare(_CLONE_NEWUSER) != 0:
        sys.exit(
            "This program refuses to run as root, and this kernel allows root no user namespace "
            f"({os.strerror(ctypes.get_errno())}): start Aboard as an ordinary user."
        )
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{_ORDINARY} 0 1")
    _write("/proc/self/gid_map", f"{_ORDINARY} 0 1")


def _die_with(parent: int, last_signal: int) -> None:
    """Linux only; elsewhere the guardian alone sees to it."""
    if sys.platform != "linux":
        return
    _libc().prctl(_PR_SET_PDEATHSIG, last_signal)
    if os.getppid() != parent:  # it died before we could ask to be told
        sys.exit("the supervisor is gone")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _write(path: str, text: str) -> None:
    with open(path, "w") as out:
        out.write(text)


main()

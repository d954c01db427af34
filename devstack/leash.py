"""Becomes the given command, tied to its parent: `python -I -S leash.py PARENT_PID COMMAND…`.

A program of its own, because code between fork and exec may deadlock in a process with threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Asks Linux for SIGKILL at the parent's death, then becomes the command.

    SIGKILL, since a server that lingers would meet its successor on the same files; they all survive it.
    Elsewhere than on Linux the parent's lock, inherited, keeps a successor away until the servers are gone.
    """
    parent, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):
        sys.exit("the parent died before its child had started")
    os.execv(command[0], command)  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main()

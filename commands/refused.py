"""Why a command stops, and with which code. Source: CONTRACTS, Exit codes."""

from enum import IntEnum


class Exit(IntEnum):
    """What a script reads off the exit code."""

    DONE = 0
    BUG = 1
    USAGE = 2
    NOT_FOUND = 3
    REFUSED = 4
    OUTSIDE = 5
    WRONG = 6
    INTERRUPTED = 130


class Refused(Exception):
    """A command that stops: its exit `code`, `what` in words, and the `fix`."""

    def __init__(self, code: Exit, what: str, fix: str = "") -> None:
        """One line for people."""
        super().__init__(f"{what} ({fix})" if fix else what)
        self.code, self.what, self.fix = code, what, fix

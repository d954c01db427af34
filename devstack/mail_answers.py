"""How the mailbox answers some addresses: refused, later, or taken and then sent back. For tests, and to look at."""

import json
from collections import Counter
from pathlib import Path
from typing import NamedTuple, Self

from devstack.files import write_whole

FILE = "mail-answers.json"
GREYLISTED = "451 4.7.1 greylisted, try again later"
NO_SUCH_BOX = "550 5.1.1 no such mailbox"


class MailAnswer(NamedTuple):
    """What an address is answered: `says` at RCPT, the first `times` times (None: always).

    `returns` is an enhanced status code (RFC 3463) with which mail is sent back after it was taken.
    """

    says: str | None = None
    times: int | None = None
    returns: str | None = None


def answer_with(home: Path, answers: dict[str, MailAnswer]) -> None:
    """From now on the mailbox of this home answers so, by address; {} is as it began."""
    told = {address.lower(): answer._asdict() for address, answer in answers.items()}
    write_whole(home / FILE, json.dumps(told).encode())


class Answers:
    """What is in force, read anew at each recipient: whoever writes the file needs no signal."""

    def __init__(self, file: Path) -> None:
        """No file is no answers."""
        self._file = file
        self._asked: Counter[str] = Counter()

    @classmethod
    def of(cls, home: Path) -> Self:
        """Those of a home."""
        return cls(home / FILE)

    def to(self, address: str) -> str | None:
        """What is said to one who writes there; None: welcome."""
        found = self._of(address)
        self._asked[address.lower()] += 1
        if found.times is not None and self._asked[address.lower()] > found.times:
            return None
        return found.says

    def sends_back(self, address: str) -> str | None:
        """The status with which mail to it comes back; None: it is kept."""
        return self._of(address).returns

    def _of(self, address: str) -> MailAnswer:
        told = json.loads(self._file.read_bytes()) if self._file.exists() else {}
        return MailAnswer(**told.get(address.lower(), {}))

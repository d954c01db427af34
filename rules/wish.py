"""What is asked for, and the answer that it can't be."""

from datetime import date

from models.payload import Payload
from models.vocabulary import Cause, Mode


class PlanRefused(Exception):
    """No plan can be made: `code`, `what` in words, and the `fix`."""

    def __init__(self, code: str, what: str, fix: str) -> None:
        """Keeps all three for the person who asked."""
        super().__init__(what)
        self.code, self.what, self.fix = code, what, fix


class Wish(Payload):
    """What is asked for; every day is one of the customer's calendar.

    `effective_on` is the day with whose midnight the account ends or its pause begins, `resume_on` that with whose
    midnight the pause ends. `paused_on` is the day since which the account has paused already, `pauses_before` counts
    the pauses of the twelve months before. Only an eject has a `cause`.
    """

    mode: Mode
    requested_on: date
    effective_on: date | None = None
    resume_on: date | None = None
    paused_on: date | None = None
    cause: Cause | None = None
    pauses_before: int = 0

"""The errors of the outside world.

ConnectorError
├── Transient            the same call may succeed later; retried
│   ├── Timeout          no answer in time
│   │   └── Unanswered   nobody knows whether it happened: all was said, and no answer came
│   ├── Unavailable      refused, reset, 5xx
│   └── RateLimited      asked to slow down; `retry_after` says for how long
└── Permanent            the same call will fail again; parks the case
    ├── NotFound         there is no such thing
    │   └── Gone         there was, and it was destroyed for good
    ├── Conflict         it exists otherwise, or somebody else changed it
    ├── Rejected         the system understood and said no
    └── Unauthorized     the credentials are not accepted

Nothing decides by the text of an error; the text is for people, bounded, and holds no personal data and no secret.
"""

from datetime import timedelta

from temporalio.exceptions import ApplicationError

_LONGEST = 300


class ConnectorError(Exception):
    """`what` happened in which `system`, and `fix`: what a person can do."""

    def __init__(self, system: str, what: str, fix: str = "") -> None:
        """Bounds the text: Temporal refuses failures over 4 KB."""
        self.system, self.what, self.fix = system, what[:_LONGEST], fix[:_LONGEST]
        super().__init__(f"{system}: {self.what}")


class Transient(ConnectorError):
    """The same call may succeed later."""


class Timeout(Transient):
    """No answer in time."""


class Unanswered(Timeout):
    """Nobody knows whether it happened: all was said, and no answer came."""


class Unavailable(Transient):
    """Refused, reset, or an error on the other side."""


class RateLimited(Transient):
    """Asked to slow down."""

    def __init__(self, system: str, what: str, fix: str = "", retry_after: timedelta | None = None) -> None:
        """`retry_after` as the system said."""
        super().__init__(system, what, fix)
        self.retry_after = retry_after


class Permanent(ConnectorError):
    """The same call will fail again."""


class NotFound(Permanent):
    """There is no such thing."""


class Gone(NotFound):
    """There was, and it was destroyed for good: a key, say."""


class Conflict(Permanent):
    """It exists otherwise, or somebody else changed it."""


class Rejected(Permanent):
    """The system understood and said no."""


class Unauthorized(Permanent):
    """The credentials are not accepted."""


def translated(error: ConnectorError) -> ApplicationError:
    """The one translation for Temporal: the type is the class, details hold system, cause and fix.

    Raise it `from None`: chained errors outgrow the failure limit.
    """
    return ApplicationError(
        str(error),
        {"system": error.system, "what": error.what, "fix": error.fix},
        type=type(error).__name__,
        non_retryable=isinstance(error, Permanent),
        next_retry_delay=error.retry_after if isinstance(error, RateLimited) else None,
    )

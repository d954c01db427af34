"""What the client raises, as errors of ours. Statuses and codes decide, never a text.

Source: https://docs.stripe.com/api/errors, https://docs.stripe.com/error-low-level.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus

import requests
import stripe

from connectors.errors import (
    Conflict,
    ConnectorError,
    NotFound,
    RateLimited,
    Rejected,
    Timeout,
    Transient,
    Unauthorized,
    Unavailable,
)
from connectors.retry_after import read_wait

SYSTEM = "stripe"
_SUPPORT = "look the request up in Stripe's dashboard, under Developers, Logs"


@contextmanager
def translating() -> Iterator[None]:
    """Raises ConnectorError for what goes wrong within; the client's own message may hold personal data, so it stays.

    A 409 is another attempt with the same key that is still under way: transient.
    """
    try:
        yield
    except stripe.APIConnectionError as error:
        raise _unreached(error) from None
    except stripe.StripeError as error:
        raise _answered(error) from None


def _unreached(error: stripe.APIConnectionError) -> ConnectorError:
    cause = error.__cause__
    if isinstance(cause, requests.Timeout):
        return Timeout(SYSTEM, "no answer in time")
    what = f"can't be reached: {type(cause).__name__}" if cause else "can't be reached"
    return Unavailable(SYSTEM, what, "check FAREWELL_STRIPE_URL and the network")


def _answered(error: stripe.StripeError) -> ConnectorError:
    what = _words(error)
    match error:
        case stripe.RateLimitError():
            return RateLimited(SYSTEM, what, retry_after=_wait(error.headers or {}))
        case stripe.AuthenticationError() | stripe.PermissionError():
            return Unauthorized(SYSTEM, what, "check FAREWELL_STRIPE_KEY and what it may do (docs/stripe.md)")
        case stripe.IdempotencyError():
            return Conflict(SYSTEM, what, "an earlier attempt asked for something else with this key; " + _SUPPORT)
        case stripe.CardError() | stripe.InvalidRequestError():
            return _refused(error, what)
    return Transient(SYSTEM, what) if error.http_status == HTTPStatus.CONFLICT else Unavailable(SYSTEM, what)


def _refused(error: stripe.CardError | stripe.InvalidRequestError, what: str) -> ConnectorError:
    if error.http_status == HTTPStatus.NOT_FOUND or error.code == "resource_missing":
        return NotFound(SYSTEM, what, "check the billing_id of the account, and that the key is of the same mode")
    return Rejected(SYSTEM, what, _SUPPORT)


def _words(error: stripe.StripeError) -> str:
    """Status, code, parameter and request: enough to look it up."""
    told = [f"answered {error.http_status}", getattr(error, "code", None), getattr(error, "param", None)]
    told.append(f"request {error.request_id}" if error.request_id else None)
    return ", ".join(part for part in told if part)


def _wait(headers: Mapping[str, str]) -> timedelta | None:
    """The client hands headers on as they came, in whatever case."""
    return read_wait({name.lower(): value for name, value in headers.items()}.get("retry-after", ""))

"""What the client raises, as errors of ours. Statuses decide, never a text. Source: RFC 7644 §3.12.

Nothing of an answer but its status and `scimType` is told: the rest may hold personal data.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import httpx2
from pydantic import ValidationError
from scim2_client import (
    RequestNetworkException,
    SCIMClientException,
    UnexpectedContentFormatException,
    UnexpectedContentTypeException,
)
from scim2_models import SCIMException

from connectors.errors import (
    Conflict,
    ConnectorError,
    NotFound,
    RateLimited,
    Rejected,
    Timeout,
    Unauthorized,
    Unavailable,
)
from connectors.retry_after import read_wait

SYSTEM = "scim"
_ADDRESS = "check FAREWELL_SCIM_URL (docs/scim.md)"
_CREDENTIAL = "check FAREWELL_SCIM_TOKEN and what it may do (docs/scim.md)"
_ALONE = "somebody else changes the same users: stop the customer's feed, then try again"
_MEANING: dict[int, tuple[type[ConnectorError], str]] = {
    HTTPStatus.UNAUTHORIZED: (Unauthorized, _CREDENTIAL),
    HTTPStatus.FORBIDDEN: (Unauthorized, _CREDENTIAL),
    HTTPStatus.NOT_FOUND: (NotFound, _ADDRESS),
    HTTPStatus.REQUEST_TIMEOUT: (Timeout, ""),
    HTTPStatus.CONFLICT: (Conflict, _ALONE),
    HTTPStatus.PRECONDITION_FAILED: (Conflict, _ALONE),
    HTTPStatus.NOT_IMPLEMENTED: (Rejected, "the service doesn't offer what we need (docs/scim.md)"),
}


@contextmanager
def translating() -> Iterator[None]:
    """Raises ConnectorError for what goes wrong within."""
    try:
        yield
    except RequestNetworkException as error:
        raise _unreached(error.__cause__) from None
    except (SCIMClientException, SCIMException, ValidationError) as error:
        raise _misunderstood(error) from None


def answered(status: int, scim_type: str = "", headers: Mapping[str, str] | None = None) -> ConnectorError:
    """The error that a status means, of a whole request or of one operation in a bulk."""
    what = f"answered {status}" + (f" {scim_type}" if scim_type.isalnum() else "")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(
            SYSTEM, what, "lower FAREWELL_SCIM_CALLS_A_MINUTE", read_wait((headers or {}).get("retry-after", ""))
        )
    if status in _MEANING:
        error, fix = _MEANING[status]
        return error(SYSTEM, what, fix)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return Rejected(SYSTEM, f"{what}: it leads elsewhere", "put the address it leads to into FAREWELL_SCIM_URL")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable(SYSTEM, what)
    return Rejected(SYSTEM, what, "look the request up in the provider's log")


def _unreached(cause: BaseException | None) -> ConnectorError:
    if isinstance(cause, httpx2.TimeoutException):
        return Timeout(SYSTEM, "no answer in time")
    return Unavailable(SYSTEM, f"can't be reached: {type(cause).__name__}", f"{_ADDRESS}, and the network")


def _misunderstood(error: SCIMClientException | SCIMException | ValidationError) -> ConnectorError:
    response: Any = getattr(error, "source", None)
    if not isinstance(response, httpx2.Response):  # the client itself refused to ask
        return Rejected(SYSTEM, f"can't be asked so: {type(error).__name__}", _ADDRESS)
    if not response.is_success:
        return answered(response.status_code, getattr(error, "scim_type", ""), response.headers)
    what = f"answered what is no SCIM: {type(error).__name__}"
    if isinstance(error, UnexpectedContentFormatException | UnexpectedContentTypeException):
        return Unavailable(SYSTEM, what, _ADDRESS)  # cut off, or a proxy's page
    return Rejected(SYSTEM, what, _ADDRESS)

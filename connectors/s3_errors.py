"""What S3 and its library say, as errors of ours: by class, status and code, never by text."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as boto

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

_SYSTEM = "s3"
# A conditional write that met another one: AWS asks to try again.
_BY_CODE: dict[str, type[ConnectorError]] = {
    "ConditionalRequestConflict": Unavailable,
    "OperationAborted": Unavailable,
    "RequestTimeout": Timeout,
    "SlowDown": RateLimited,
    "Throttling": RateLimited,
    "ThrottlingException": RateLimited,
    "RequestLimitExceeded": RateLimited,
    "InvalidAccessKeyId": Unauthorized,
    "SignatureDoesNotMatch": Unauthorized,
    "NoSuchUpload": NotFound,
    "InvalidObjectState": Rejected,
}
_BY_STATUS: dict[int, type[ConnectorError]] = {
    401: Unauthorized,
    403: Unauthorized,
    404: NotFound,
    408: Timeout,
    409: Conflict,
    412: Conflict,
    429: RateLimited,
}
_BY_CLASS: tuple[tuple[type[Exception], type[ConnectorError]], ...] = (
    (boto.ReadTimeoutError, Timeout),
    (boto.ConnectTimeoutError, Timeout),
    (boto.ConnectionError, Unavailable),
    (boto.HTTPClientError, Unavailable),
    (boto.IncompleteReadError, Unavailable),
    (boto.NoCredentialsError, Unauthorized),
    (boto.PartialCredentialsError, Unauthorized),
    (boto.CredentialRetrievalError, Unauthorized),
)
_FIX: dict[type[ConnectorError], str] = {
    Unauthorized: "check the credentials of the AWS SDK's chain and their rights on the bucket",
    Unavailable: "check FAREWELL_S3_ENDPOINT_URL and that the server runs",
    Timeout: "check FAREWELL_S3_ENDPOINT_URL and that the server runs",
    NotFound: "check the names of the buckets in FAREWELL_S3_*_BUCKET",
}


@contextmanager
def s3_errors(doing: str) -> Iterator[None]:
    """Turns what the library raises inside into a ConnectorError; `doing` says what was tried, without secrets."""
    try:
        yield
    except boto.ClientError as error:
        raise _of_answer(error, doing) from None
    except boto.BotoCoreError as error:
        kind = next((ours for theirs, ours in _BY_CLASS if isinstance(error, theirs)), Rejected)
        raise kind(_SYSTEM, f"{doing}: {type(error).__name__}", _FIX.get(kind, "")) from None


def code(error: boto.ClientError) -> str:
    """The code that S3 gave."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _of_answer(error: boto.ClientError, doing: str) -> ConnectorError:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    kind = _BY_CODE.get(code(error)) or _BY_STATUS.get(status) or (Unavailable if status >= 500 else Rejected)  # noqa: PLR2004 — the class of HTTP's server errors
    return kind(_SYSTEM, f"{doing}: {code(error)} ({status})", _FIX.get(kind, ""))

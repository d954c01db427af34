"""What S3 and its library say, as errors of ours: by class, status and code, never by text."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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
from connectors.retry_after import read_wait

_SYSTEM = "s3"
_NO_ROOM = 507
_BY_CODE: dict[str, type[ConnectorError]] = {
    # A conditional write that met another one: AWS asks to try again.
    **dict.fromkeys(("ConditionalRequestConflict", "OperationAborted"), Unavailable),
    # Hurt or cut off on the way.
    **dict.fromkeys(("BadDigest", "IncompleteBody", "XAmzContentChecksumMismatch"), Unavailable),
    # Another attempt at this upload sent a part anew: the next try looks at what stands.
    **dict.fromkeys(("InvalidPart", "InvalidPartOrder"), Unavailable),
    # An error may come with status 200, when S3 has begun to answer.
    **dict.fromkeys(("InternalError", "ServiceUnavailable"), Unavailable),
    "RequestTimeout": Timeout,
    **dict.fromkeys(("SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded"), RateLimited),
    **dict.fromkeys(("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"), Unauthorized),
    "NoSuchUpload": NotFound,
}
_BY_STATUS: dict[int, type[ConnectorError]] = {
    401: Unauthorized,
    403: Unauthorized,
    404: NotFound,
    408: Timeout,
    409: Conflict,
    412: Conflict,
    429: RateLimited,
    **dict.fromkeys((501, _NO_ROOM), Rejected),  # it can't, and it has no room
}
_BY_CLASS: tuple[tuple[type[Exception], type[ConnectorError]], ...] = (
    (boto.ReadTimeoutError, Timeout),
    (boto.ConnectTimeoutError, Timeout),
    (boto.ConnectionError, Unavailable),
    (boto.HTTPClientError, Unavailable),
    (boto.IncompleteReadError, Unavailable),
    (boto.FlexibleChecksumError, Unavailable),
    (boto.NoCredentialsError, Unauthorized),
    (boto.PartialCredentialsError, Unauthorized),
    (boto.CredentialRetrievalError, Unauthorized),
)
_REGION = "set AWS_REGION to the region of the bucket"
_ROOM = "make room or raise the quota, then retry: the upload goes on where it ended"
# These are final, each with what to do; they go before all other tables.
_REJECTED: dict[str, str] = {
    **dict.fromkeys(
        ("PermanentRedirect", "301", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"), _REGION
    ),
    **dict.fromkeys(("QuotaExceeded", "InsufficientStorage", "XMinioStorageFull"), _ROOM),
    "EntityTooLarge": "this server takes no object of such a size",
    "RequestTimeTooSkewed": "set the clock of this machine",
    "NotImplemented": "this server lacks it; if it can't encrypt: FAREWELL_S3_ENCRYPTION=none",
    "InvalidObjectState": "bring it back from the archive",
}
_FIX: dict[type[ConnectorError], str] = {
    Unauthorized: "check the credentials of the AWS SDK's chain and their rights on the bucket",
    Unavailable: "check FAREWELL_S3_ENDPOINT_URL and that the server runs and has room",
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
    """A refusal whose code we know, or by its status; with a Retry-After it's to be retried then."""
    answer: Any = error.response.get("ResponseMetadata", {})
    status, said = answer.get("HTTPStatusCode", 0), code(error)
    what = f"{doing}: {said} ({status})"
    if said in _REJECTED:
        return Rejected(_SYSTEM, what, _REJECTED[said])
    kind = _BY_CODE.get(said) or _BY_STATUS.get(status) or (Unavailable if status >= 500 else Rejected)  # noqa: PLR2004 — the class of HTTP's server errors
    retry_after = read_wait(answer.get("HTTPHeaders", {}).get("retry-after", ""))
    if kind is RateLimited or (retry_after and kind is Unavailable):
        return RateLimited(_SYSTEM, what, _FIX[Unavailable], retry_after)
    return kind(_SYSTEM, what, _ROOM if status == _NO_ROOM else _FIX.get(kind, ""))

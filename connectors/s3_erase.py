"""Everything under a prefix goes: versions, markers of deletion, unfinished uploads."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from connectors.errors import Rejected
from connectors.s3_errors import s3_errors
from connectors.s3_multipart import abort, uploads

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

UPLOADS_A_BATCH = 100
AT_ONCE = 1000  # as many as S3 deletes with one request

_Version = Mapping[str, str]


def erase(client: "S3Client", bucket: str, prefix: str) -> Iterator[int]:
    """Batch by batch; answers how many objects (keys) went with each, 0 for uploads.

    Raises:
        Rejected: the server kept some, a locked one for example.
    """
    for count, (key, upload_id) in enumerate(uploads(client, bucket, prefix), 1):
        abort(client, bucket, key, upload_id)
        if count % UPLOADS_A_BATCH == 0:
            yield 0
    last = ""
    with s3_errors(f"erasing {bucket}/{prefix}"):
        for batch in _versions(client, bucket, prefix):
            _delete(client, bucket, batch)
            keys = {version["Key"] for version in batch}
            yield len(keys - {last})
            last = max(keys)


def _versions(client: "S3Client", bucket: str, prefix: str) -> Iterator[Sequence[_Version]]:
    """By page, in order of the keys: only the last one may go on with the next page."""
    pages = client.get_paginator("list_object_versions").paginate(
        Bucket=bucket, Prefix=prefix, PaginationConfig={"PageSize": AT_ONCE}
    )
    for page in pages:
        entries = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if entries:
            yield [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]


def _delete(client: "S3Client", bucket: str, batch: Sequence[_Version]) -> None:
    objects: Any = batch  # their TypedDict would be imported for its name alone
    answer = client.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
    if refused := answer.get("Errors"):
        first = refused[0]
        what = f"{len(refused)} versions stay, first {first.get('Key')}: {first.get('Code')}"
        raise Rejected("s3", what, "look at the locks and rights of the bucket")

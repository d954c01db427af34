"""What was written first under each key: a lock keeps a version, but lets others be put before it.

Source: DOMAIN audit.1; TRUST 17.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from connectors.s3_errors import s3_errors

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def sealed(client: "S3Client", bucket: str, prefix: str) -> Iterator[tuple[str, bytes]]:
    """Keys and bytes, in order of the keys; neither a later version nor a marker of deletion hides anything."""
    with s3_errors(f"reading what is sealed at {bucket}/{prefix}"):
        for key, version in _first_versions(client, bucket, prefix):
            yield key, client.get_object(Bucket=bucket, Key=key, VersionId=version)["Body"].read()


def _first_versions(client: "S3Client", bucket: str, prefix: str) -> Iterator[tuple[str, str]]:
    """The server lists a key's versions from the newest to the oldest, over pages too."""
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    versions = (version for page in pages for version in page.get("Versions", []))
    for key, of_key in groupby(versions, lambda version: version["Key"]):
        yield key, list(of_key)[-1]["VersionId"]

"""TRUST 17: what is sealed can't be deleted, shortened or overwritten, by anyone: not by the server's administrator.

The storage's one identity may do everything; whatever it tries by S3, each sealed version stands as it was, and the
servers' other doors are shut. What it can do is add: newer versions and markers, which a reader by version passes over.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from connectors.errors import Conflict, Rejected, Unauthorized
from connectors.s3 import S3ObjectStore
from devstack.ports import LOOPBACK
from devstack.stack import EmbeddedStack

UNTIL = (datetime.now(UTC) + timedelta(days=365 * 6)).replace(microsecond=0)
BODY = b"sealed"


class Sealed(NamedTuple):
    """One object under lock in a bucket of its own, and the administrator's client."""

    root: Any
    bucket: str
    key: str
    version: str

    @property
    def there(self) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": self.key}

    @property
    def that(self) -> dict[str, str]:
        return {**self.there, "VersionId": self.version}


@pytest.fixture(scope="module")
def sealed(stack: EmbeddedStack) -> Iterator[Sealed]:
    with pytest.MonkeyPatch.context() as patched:
        for name, value in stack.environment.items():
            if name.startswith("AWS_"):
                patched.setenv(name, value)
        endpoint = stack.environment["FAREWELL_S3_ENDPOINT_URL"]
        root: Any = boto3.Session().client(
            "s3", endpoint_url=endpoint, config=Config(retries={"total_max_attempts": 1})
        )
        bucket, key = f"evidence-{uuid4().hex}", "acc_1-1/seal.jws"
        root.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
        S3ObjectStore(root).put_locked(bucket, key, BODY, UNTIL)
        (only,) = root.list_object_versions(Bucket=bucket)["Versions"]
        yield Sealed(root, bucket, key, only["VersionId"])


Attempt = Callable[[Sealed], object]


def _retained(mode: str, until: datetime, **how: bool) -> Attempt:
    return lambda at: at.root.put_object_retention(**at.that, Retention={"Mode": mode, "RetainUntilDate": until}, **how)


REFUSED: dict[str, Attempt] = {
    "delete the version": lambda at: at.root.delete_object(**at.that),
    "delete it past governance": lambda at: at.root.delete_object(**at.that, BypassGovernanceRetention=True),
    "shorten": _retained("COMPLIANCE", UNTIL - timedelta(seconds=1)),
    "shorten past governance": _retained("COMPLIANCE", UNTIL - timedelta(days=1), BypassGovernanceRetention=True),
    "end it now": _retained("COMPLIANCE", datetime.now(UTC) + timedelta(seconds=5), BypassGovernanceRetention=True),
    "weaken to governance": _retained("GOVERNANCE", UNTIL, BypassGovernanceRetention=True),
    "no retention": lambda at: at.root.put_object_retention(**at.that, Retention={}, BypassGovernanceRetention=True),
    "no versions": lambda at: at.root.put_bucket_versioning(
        Bucket=at.bucket, VersioningConfiguration={"Status": "Suspended"}
    ),
    "no lock": lambda at: at.root.put_object_lock_configuration(Bucket=at.bucket, ObjectLockConfiguration={}),
    "no bucket": lambda at: at.root.delete_bucket(Bucket=at.bucket),
}


@pytest.mark.parametrize("attempt", REFUSED)
def test_audit_1_what_is_sealed_can_t_be_deleted_or_shortened(attempt: str, sealed: Sealed) -> None:
    with pytest.raises(ClientError):
        REFUSED[attempt](sealed)
    _stands(sealed)


def test_audit_1_a_batch_deletes_nothing_that_is_sealed(sealed: Sealed) -> None:
    named = {"Objects": [{"Key": sealed.key, "VersionId": sealed.version}]}
    answer = sealed.root.delete_objects(Bucket=sealed.bucket, Delete=named, BypassGovernanceRetention=True)
    assert [error["Code"] for error in answer["Errors"]] == ["AccessDenied"]
    with pytest.raises((Rejected, Unauthorized)):
        list(S3ObjectStore(sealed.root).erase(sealed.bucket, ""))
    _stands(sealed)


def test_audit_1_what_is_added_later_overwrites_nothing(sealed: Sealed) -> None:
    key = f"{sealed.key}-twice"
    S3ObjectStore(sealed.root).put_locked(sealed.bucket, key, BODY, UNTIL)
    (only,) = sealed.root.list_object_versions(Bucket=sealed.bucket, Prefix=key)["Versions"]
    twice = Sealed(sealed.root, sealed.bucket, key, only["VersionId"])
    twice.root.put_object(**twice.there, Body=b"forged")
    twice.root.copy_object(**twice.there, CopySource=twice.there, MetadataDirective="REPLACE", Metadata={"now": "so"})
    twice.root.delete_object(**twice.there)  # a marker
    with pytest.raises(Conflict):
        S3ObjectStore(sealed.root).put_locked(sealed.bucket, sealed.key, b"forged", UNTIL)
    _stands(twice)


def test_audit_1_settings_of_the_bucket_weaken_nothing_that_is_sealed(sealed: Sealed) -> None:
    bucket = {"Bucket": sealed.bucket}
    weak = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    sealed.root.put_object_lock_configuration(
        **bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": weak}
    )
    ending = {"ID": "end", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
    sealed.root.put_bucket_lifecycle_configuration(**bucket, LifecycleConfiguration={"Rules": [ending]})
    _stands(sealed)


def test_audit_1_a_lock_may_only_grow_longer(sealed: Sealed) -> None:
    key, later = f"{sealed.key}-longer", UNTIL + timedelta(days=1)
    S3ObjectStore(sealed.root).put_locked(sealed.bucket, key, BODY, UNTIL)
    there = {"Bucket": sealed.bucket, "Key": key}
    sealed.root.put_object_retention(**there, Retention={"Mode": "COMPLIANCE", "RetainUntilDate": later})
    with pytest.raises(ClientError):
        sealed.root.put_object_retention(**there, Retention={"Mode": "COMPLIANCE", "RetainUntilDate": UNTIL})
    assert sealed.root.get_object_retention(**there)["Retention"]["RetainUntilDate"] == later


def test_nobody_deletes_past_s3_by_the_servers_own_pages(stack: EmbeddedStack, sealed: Sealed) -> None:
    """Filer and master would: with no credentials at all, a folder or a whole bucket."""
    ports = json.loads((stack.home / "stack.json").read_text())["s3"]
    for method, port, path in (
        ("DELETE", "filer", f"/buckets/{sealed.bucket}?recursive=true&ignoreRecursiveError=true"),
        ("POST", "filer", f"/buckets/{sealed.bucket}/{sealed.key}"),
        ("POST", "master", f"/col/delete?collection={sealed.bucket}"),
        ("GET", "master", f"/col/delete?collection={sealed.bucket}"),
    ):
        assert httpx.request(method, f"http://{LOOPBACK}:{ports[port]}{path}").status_code == 404
    _stands(sealed)


def _stands(sealed: Sealed) -> None:
    """As it was sealed, byte for byte, until the same second, and for everybody who names its version."""
    assert sealed.root.get_object(**sealed.that)["Body"].read() == BODY
    kept = sealed.root.get_object_retention(**sealed.that)["Retention"]
    assert kept == {"Mode": "COMPLIANCE", "RetainUntilDate": UNTIL}

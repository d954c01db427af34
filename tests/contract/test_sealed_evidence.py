"""Pack and supplements under Object Lock on a real server. DOMAIN audit.1; TRUST 17."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import worker
from commands import doctor
from commands.audits import fetch_pack
from commands.pack_check import check_pack
from connectors.errors import Conflict, NotFound, Rejected
from connectors.opening import Connections, opened
from connectors.s3 import S3ObjectStore
from devstack.s3 import EVIDENCE
from devstack.stack import EmbeddedStack
from tests.fakes.packs import Closing, evidence
from tests.fakes.papers import CASE


@pytest.fixture
def endpoint(stack: EmbeddedStack, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in stack.environment.items():
        monkeypatch.setenv(name, value)
    return stack.environment["FAREWELL_S3_ENDPOINT_URL"]


class Bucket(S3ObjectStore):
    """What the fakes call `evidence`, on the server; the lock begins today, for the clock of the fakes is behind."""

    def put_locked(self, bucket: str, key: str, body: bytes, until: datetime) -> None:
        super().put_locked(EVIDENCE, key, body, datetime.now(UTC) + timedelta(days=1))

    def list(self, bucket: str, prefix: str) -> Iterator[tuple[str, int]]:
        return super().list(EVIDENCE, prefix)

    def read(self, bucket: str, key: str) -> Iterator[bytes]:
        return super().read(EVIDENCE, key)


@pytest.fixture
def sealed(endpoint: str) -> Closing:
    """A pack and a supplement with a certificate; the bytes are the same each time, as in a second attempt."""
    closing = evidence(objects=Bucket.connect(endpoint))
    for name in ("collect_histories", "sign_certificate", "seal_pack"):
        closing.run(name)
    closing.happened(2)
    closing.watched("backups", 1)
    return closing


def fetched(endpoint: str, folder: Path) -> Path:
    at: Any = SimpleNamespace(
        settings=SimpleNamespace(s3_evidence_bucket=EVIDENCE), objects=S3ObjectStore.connect(endpoint)
    )
    fetch_pack(at, CASE, folder)
    return folder


def test_audit_1_pack_and_supplement_come_back_sound_also_when_sealed_twice(
    sealed: Closing, endpoint: str, tmp_path: Path
) -> None:
    sealed.happened(1)
    sealed.run("seal_pack")
    sealed.watched("backups", 1)
    report = check_pack(fetched(endpoint, tmp_path / CASE))
    assert (report.findings, report.entries, report.supplements) == ((), 8, 1)


def test_audit_1_nobody_deletes_shortens_or_overwrites_what_is_sealed(sealed: Closing, endpoint: str) -> None:
    client: Any = boto3.Session().client("s3", endpoint_url=endpoint)
    for key in (f"{CASE}/seal.jws", f"{CASE}/supplements/0001-backups/supplement.jws"):
        version = client.head_object(Bucket=EVIDENCE, Key=key)["VersionId"]
        about = {"Bucket": EVIDENCE, "Key": key, "VersionId": version}
        with pytest.raises(ClientError, match="AccessDenied"):
            client.delete_object(**about)
        sooner = {"Mode": "COMPLIANCE", "RetainUntilDate": datetime.now(UTC) + timedelta(minutes=1)}
        with pytest.raises(ClientError):
            client.put_object_retention(**about, Retention=sooner)
        with pytest.raises(Conflict):
            sealed.objects.put_locked("evidence", key, b"forged", datetime.now(UTC))
        assert client.get_object_retention(**about)["Retention"]["Mode"] == "COMPLIANCE"


def test_audit_1_what_is_put_over_sealed_evidence_hides_nothing(sealed: Closing, endpoint: str, tmp_path: Path) -> None:
    client: Any = boto3.Session().client("s3", endpoint_url=endpoint)
    try:
        client.put_object(Bucket=EVIDENCE, Key=f"{CASE}/data/ledger.jsonl", Body=b"forged")
        client.delete_object(Bucket=EVIDENCE, Key=f"{CASE}/seal.jws")  # a marker: the locked version stays under it
        with pytest.raises(NotFound):
            sealed.objects.get("evidence", f"{CASE}/seal.jws")
        assert check_pack(fetched(endpoint, tmp_path / CASE)).findings == ()
    finally:
        _uncover(client)


def _uncover(client: Any) -> None:
    """Other tests look at the same pack: what isn't locked goes."""
    found = client.list_object_versions(Bucket=EVIDENCE, Prefix=f"{CASE}/")
    forged = [each for each in found["Versions"] if each["Size"] == len(b"forged")]
    for each in [*forged, *found.get("DeleteMarkers", [])]:
        client.delete_object(Bucket=EVIDENCE, Key=each["Key"], VersionId=each["VersionId"])


def test_a_worker_and_doctor_refuse_an_evidence_bucket_without_object_lock(
    stack: EmbeddedStack, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAREWELL_S3_EVIDENCE_BUCKET", stack.environment["FAREWELL_S3_FILES_BUCKET"])
    at: Connections = opened(stack.home)
    with pytest.raises(Rejected, match="no Object Lock"):
        worker.check(at)
    monkeypatch.setattr("commands.session.connections", lambda: at)
    findings = {each.check: each for each in doctor.examine()}
    assert "no Object Lock" in findings["bucket for evidence"].wrong

"""S3 on loopback: SeaweedFS. Source: STACK, S3."""

import asyncio
import configparser
import io
import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from devstack.files import write_once, write_whole
from devstack.ports import LOOPBACK
from devstack.processes import beside_python
from devstack.server import Server

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REGION = "us-east-1"
EXPORTS, EVIDENCE, FILES, HEALTH = "farewell-exports", "farewell-evidence", "farewell-files", "farewell-health"
# Each would open a door that nobody here needs; the comment says which.
CLOSED_DOORS = (
    "-master.telemetry=false",  # statistics to the vendor
    "-disableHttp=true",  # the filer deletes locked objects without credentials
    "-s3.autoCreateBucket=false",  # a misspelt bucket would be made, without Object Lock
    "-s3.allowDeleteBucketNotEmpty=false",  # one call would take the evidence along
    "-webdav=false",
    "-admin.ui=false",
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
)


class ObjectStorage(Server):
    """The S3 server of the embedded stack. Credentials lie in `<home>/aws-credentials`."""

    name = "s3"
    address_setting = "FAREWELL_S3_ENDPOINT_URL"
    port_names = ("s3", "master", "volume", "filer", "admin")
    port_twin = 10_000  # the port of its gRPC
    not_yet = (BotoCoreError, ClientError)

    def __init__(self, home: Path, ports: dict[str, int]) -> None:
        """`ports` by the names in `port_names`."""
        self._home, self._ports = home / "s3", ports
        self._credentials = home / "aws-credentials"
        self._url = f"http://{LOOPBACK}:{ports['s3']}"

    def command(self) -> list[str]:
        """The child process; makes its data folder and its credentials."""
        (self._home / "data").mkdir(parents=True, exist_ok=True)
        ports = [f"-{name}.port={port}" for name, port in self._ports.items()]
        binding = [f"-ip={LOOPBACK}", f"-ip.bind={LOOPBACK}", f"-dir={self._home / 'data'}"]
        # A master that resumes its state refuses the first heartbeat of the volumes now and then: 5 s lost, or more.
        weed = [beside_python("weed"), "-logtostderr=true", "mini", "-master.resumeState=false"]
        return [*weed, *binding, *ports, f"-s3.config={self._identities()}", *CLOSED_DOORS]

    async def probe(self) -> None:
        """The buckets are there, and it takes an object and gives it back: an open port alone proves nothing."""
        await asyncio.to_thread(self._probe)

    def settings(self) -> dict[str, str]:
        """How to find it. The last two keep the user's own AWS credentials from winning over the file."""
        return {
            self.address_setting: self._url,
            "AWS_SHARED_CREDENTIALS_FILE": str(self._credentials),
            "AWS_DEFAULT_REGION": REGION,
            "AWS_PROFILE": "default",
            "AWS_ACCESS_KEY_ID": "",
        }

    def _probe(self) -> None:
        client = self._client()
        try:
            _make_buckets(client)
            client.put_object(Bucket=HEALTH, Key="probe", Body=b"ok")
            client.get_object(Bucket=HEALTH, Key="probe")["Body"].read()
        finally:
            client.close()

    def _client(self) -> "S3Client":
        user = self._user()
        return boto3.Session().client(  # the default one remembers the environment of its first use
            "s3",
            endpoint_url=self._url,
            region_name=REGION,
            aws_access_key_id=user["aws_access_key_id"],
            aws_secret_access_key=user["aws_secret_access_key"],
            config=Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1}, proxies={}),
        )

    def _user(self) -> configparser.SectionProxy:
        """The one identity, in the form of the AWS SDK's shared file; made once."""
        file = configparser.ConfigParser(interpolation=None)
        file["default"] = {
            "aws_access_key_id": f"farewell{secrets.token_hex(8)}",
            "aws_secret_access_key": secrets.token_urlsafe(30),
        }
        text = io.StringIO()
        file.write(text)
        write_once(self._credentials, text.getvalue().encode())
        file.read(self._credentials)
        return file["default"]

    def _identities(self) -> Path:
        """The same identity, in the form of SeaweedFS."""
        user = self._user()
        pair = {"accessKey": user["aws_access_key_id"], "secretKey": user["aws_secret_access_key"]}
        actions = ["Admin", "Read", "Write", "List", "Tagging"]
        identities = {"identities": [{"name": "farewell", "credentials": [pair], "actions": actions}]}
        write_whole(self._home / "identities.json", json.dumps(identities).encode())
        return self._home / "identities.json"


def bucket_settings() -> dict[str, str]:
    """The buckets, by the settings that name them."""
    return {
        "FAREWELL_S3_EXPORT_BUCKET": EXPORTS,
        "FAREWELL_S3_EVIDENCE_BUCKET": EVIDENCE,
        "FAREWELL_S3_FILES_BUCKET": FILES,
    }


def _make_buckets(client: "S3Client") -> None:
    there = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
    for bucket in {EXPORTS, EVIDENCE, FILES, HEALTH} - there:
        client.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=bucket == EVIDENCE)

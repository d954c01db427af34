"""The embedded stack: real servers, one folder, nothing left behind."""

import asyncio
import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
from botocore.exceptions import ClientError
from dotenv import dotenv_values
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client

from connectors.errors import Conflict, Unavailable
from devstack.mailbox import Mailbox
from devstack.ports import LOOPBACK
from devstack.stack import EmbeddedStack
from devstack.temporal import RETENTION, TemporalServer, actions

GONE = 30.0  # seconds of patience, on a machine with other work


@pytest.fixture
def s3(stack: EmbeddedStack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "the user's own")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the user's own")
    client = _s3(stack, monkeypatch)
    yield client
    client.close()


async def test_an_object_comes_back_as_it_was_put(stack: EmbeddedStack, s3: Any) -> None:
    bucket = stack.environment["FAREWELL_S3_EXPORT_BUCKET"]
    s3.put_object(Bucket=bucket, Key="a/b", Body=b"words")
    assert s3.get_object(Bucket=bucket, Key="a/b")["Body"].read() == b"words"
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=bucket, Key="a/b", Body=b"others", IfNoneMatch="*")


async def test_only_the_evidence_bucket_has_object_lock(stack: EmbeddedStack, s3: Any) -> None:
    lock = s3.get_object_lock_configuration(Bucket=stack.environment["FAREWELL_S3_EVIDENCE_BUCKET"])
    assert lock["ObjectLockConfiguration"]["ObjectLockEnabled"] == "Enabled"
    for name in ("FAREWELL_S3_EXPORT_BUCKET", "FAREWELL_S3_FILES_BUCKET"):
        with pytest.raises(ClientError, match="ObjectLockConfigurationNotFound"):
            s3.get_object_lock_configuration(Bucket=stack.environment[name])


async def test_a_mail_arrives_as_one_file_and_sent_twice_still_as_one(stack: EmbeddedStack) -> None:
    mail = _mail("<acme-1.goodbye.1@example.com>", "¡Adiós!")
    _send(stack, mail)
    _send(stack, mail)
    [file] = (stack.home / "mail").glob("acme-1.goodbye.1*")
    assert file.name == "acme-1.goodbye.1@example.com.eml"
    content = file.read_bytes()
    assert content.count(b"\n") == content.count(b"\r\n")
    received = message_from_bytes(content, policy=policy.default)
    assert received["Subject"] == "¡Adiós!"
    assert received.get_content().splitlines() == ["Línea 1", ".", "Línea 3"]


async def test_a_message_id_cannot_leave_the_mail_folder(stack: EmbeddedStack) -> None:
    _send(stack, _mail("<../../escaped/1@example.com>", "Hello"))
    _send(stack, _mail(f"<{'long' * 100}@example.com>", "Hello"))
    assert not list(stack.home.rglob("*escaped/*"))
    assert len(list((stack.home / "mail").glob("..%2F..%2Fescaped*.eml"))) == 1


async def test_temporal_keeps_closed_cases_and_counts_actions(stack: EmbeddedStack) -> None:
    client = await Client.connect(stack.environment["TEMPORAL_ADDRESS"])
    description = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace="default"))
    assert description.config.workflow_execution_retention_ttl.ToTimedelta() == RETENTION
    assert stack.metrics_port
    before = actions(stack.metrics_port)
    handle = await client.start_workflow("Nobody", id="counted", task_queue="counted")
    await handle.signal("arrive")
    async with asyncio.timeout(5):
        while actions(stack.metrics_port) < before + 2:  # noqa: ASYNC110 - another process counts
            await asyncio.sleep(0.05)
    await handle.terminate()


async def test_secrets_are_for_their_owner_only_and_settings_are_readable(stack: EmbeddedStack) -> None:
    assert dotenv_values(stack.home / "environment") == stack.environment
    files = [stack.home / "environment", Path(stack.environment["AWS_SHARED_CREDENTIALS_FILE"])]
    files += [Path(value) for name, value in stack.environment.items() if name.endswith("KEY_FILE")]
    assert len(files) == 6
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


async def test_every_listener_is_on_loopback(stack: EmbeddedStack) -> None:
    connections = [entry for pid in stack.pids.values() for entry in psutil.Process(pid).net_connections()]
    assert {entry.laddr.ip for entry in connections if entry.status == psutil.CONN_LISTEN} == {LOOPBACK}


async def test_a_second_stack_on_the_same_home_is_refused_in_one_line(stack: EmbeddedStack) -> None:
    with pytest.raises(Conflict, match=f"is in use by process {os.getpid()} ") as refused:
        async with EmbeddedStack(stack.home):
            pytest.fail("two stacks on one home")
    assert "\n" not in str(refused.value)


async def test_state_and_addresses_survive_kill_9_of_the_servers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with EmbeddedStack(tmp_path) as first:
        client = await Client.connect(first.environment["TEMPORAL_ADDRESS"])
        await client.start_workflow("Nobody", id="lasting", task_queue="lasting")
        s3 = _s3(first, monkeypatch)
        s3.put_object(Bucket="farewell-exports", Key="lasting", Body=b"words")
        _send(first, _mail("<lasting@example.com>", "Hello"))
        for pid in first.pids.values():
            os.kill(pid, signal.SIGKILL)
    keys = {file: file.read_bytes() for file in (tmp_path / "keys").glob("*.*")}
    async with EmbeddedStack(tmp_path) as second:
        assert second.environment == first.environment
        client = await Client.connect(second.environment["TEMPORAL_ADDRESS"])
        await client.get_workflow_handle("lasting").describe()
        assert s3.get_object(Bucket="farewell-exports", Key="lasting")["Body"].read() == b"words"
        assert (tmp_path / "mail" / "lasting@example.com.eml").exists()
    assert {file: file.read_bytes() for file in (tmp_path / "keys").glob("*.*")} == keys
    s3.close()


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_no_server_outlives_its_parent(tmp_path: Path, death: signal.Signals) -> None:
    parent = _stack_in_a_process(tmp_path)
    assert parent.stdout
    pids = [int(word) for word in parent.stdout.readline().split()]
    assert len(pids) == 3
    parent.send_signal(death)
    parent.communicate(timeout=GONE)
    end = time.monotonic() + GONE
    while any(_runs(pid) for pid in pids) and time.monotonic() < end:
        time.sleep(0.05)
    assert not [pid for pid in pids if _runs(pid)]


async def test_a_killed_stack_starts_again_at_once_on_its_addresses(tmp_path: Path) -> None:
    parent = _stack_in_a_process(tmp_path)
    assert parent.stdout
    parent.stdout.readline()
    before = dotenv_values(tmp_path / "environment")
    parent.kill()
    async with EmbeddedStack(tmp_path) as again:
        assert again.environment == before
    parent.communicate()


async def test_a_server_of_the_users_own_is_not_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "temporal.example:7233")
    monkeypatch.setenv("FAREWELL_S3_ENDPOINT_URL", "https://s3.example")
    monkeypatch.setenv("FAREWELL_DATABASE_URL", "postgresql://db.example/farewell")
    async with EmbeddedStack(tmp_path) as partial:
        assert list(partial.pids) == ["mailbox"]
        assert partial.metrics_port is None
        assert partial.environment["TEMPORAL_ADDRESS"] == "temporal.example:7233"
        assert partial.environment["FAREWELL_DATABASE_URL"] == "postgresql://db.example/farewell"
        assert "AWS_ACCESS_KEY_ID" not in partial.environment


async def test_a_server_that_cannot_start_leaves_no_other_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Mailbox):
        def command(self) -> list[str]:
            return [sys.executable, "-c", "raise SystemExit('no such luck')"]

    monkeypatch.setattr("devstack.stack.SERVERS", (TemporalServer, Broken))
    broken = EmbeddedStack(tmp_path)
    with pytest.raises(Unavailable, match="mailbox: ended with 1: no such luck"):
        await broken.__aenter__()
    assert not [pid for pid in broken.pids.values() if _runs(pid)]


def _s3(stack: EmbeddedStack, monkeypatch: pytest.MonkeyPatch) -> Any:
    """As every other program finds it: by the environment alone."""
    for name, value in stack.environment.items():
        monkeypatch.setenv(name, value)
    client = boto3.Session().client("s3", endpoint_url=stack.environment["FAREWELL_S3_ENDPOINT_URL"])
    monkeypatch.undo()
    return client


def _mail(message_id: str, subject: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "us@example.com", "you@example.org", subject
    mail["Message-ID"] = message_id
    mail.set_content("Línea 1\n.\nLínea 3\n")
    return mail


def _send(stack: EmbeddedStack, mail: EmailMessage) -> None:
    port = int(stack.environment["FAREWELL_SMTP_URL"].rpartition(":")[2])
    with smtplib.SMTP(LOOPBACK, port, local_hostname="localhost") as smtp:
        smtp.send_message(mail)


def _stack_in_a_process(home: Path) -> subprocess.Popen[str]:
    program = """
import asyncio, pathlib, sys
from devstack.stack import EmbeddedStack

async def main():
    async with EmbeddedStack(pathlib.Path(sys.argv[1])) as stack:
        print(*stack.pids.values(), flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""
    command = [sys.executable, "-c", program, str(home)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def _runs(pid: int) -> bool:
    """A zombie whom nobody has buried yet doesn't."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_a_port_that_is_taken_in_the_last_moment_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        taken = other.getsockname()[1]
        (tmp_path / "stack.json").write_text(json.dumps({Mailbox.name: {"smtp": taken}}))
        monkeypatch.setattr("devstack.ports.is_free", lambda *_: True)
        monkeypatch.setattr("devstack.processes.STOP_SECONDS", 2.0)  # one that is just starting doesn't listen yet
        async with EmbeddedStack(tmp_path) as stack:
            assert not stack.environment["FAREWELL_SMTP_URL"].endswith(f":{taken}")

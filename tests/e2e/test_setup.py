"""`farewell setup` on real servers that know nothing of Farewell yet."""

import asyncio
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from google.protobuf.duration_pb2 import Duration
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client

from connectors.temporal import SEARCH_ATTRIBUTES
from devstack.stack import EmbeddedStack

NAMESPACE, EXPORTS, EVIDENCE = "setup", "setup-exports", "setup-evidence"


async def test_setup_makes_what_is_missing_and_doctor_is_content(stack: EmbeddedStack, tmp_path: Path) -> None:
    environment = _environment(stack, tmp_path)
    await _make_namespace(stack)
    made = await _farewell(environment, "setup", "--json")
    assert "ledger" in made["tables"]
    assert made["buckets"] == [EXPORTS, EVIDENCE]
    assert made["search attributes"] == sorted(SEARCH_ATTRIBUTES)
    assert await _farewell(environment, "setup", "--json") == {"tables": [], "buckets": [], "search attributes": []}
    findings = {each["check"]: each for each in await _farewell(environment, "doctor", "--json", code=6)}
    wrong = {name for name, each in findings.items() if not each["ok"]}
    assert wrong == {"product database"}, findings  # an empty file here


async def test_an_evidence_bucket_without_object_lock_is_refused(stack: EmbeddedStack, tmp_path: Path) -> None:
    unlocked = stack.environment["FAREWELL_S3_FILES_BUCKET"]
    environment = {**_environment(stack, tmp_path), "FAREWELL_S3_EVIDENCE_BUCKET": unlocked}
    code, _, said = await asyncio.to_thread(_run, environment, "setup")
    assert (code, said.count("\n")) == (5, 1)
    assert "no Object Lock" in said


def _environment(stack: EmbeddedStack, folder: Path) -> dict[str, str]:
    """The stack's servers, and nothing of what it made there; the database's URL as a file."""
    url = folder / "database_url"
    url.write_text(f"sqlite:///{folder / 'own.db'}\n")
    ours = {name: value for name, value in stack.environment.items() if name != "FAREWELL_DATABASE_URL"}
    ours |= {"FAREWELL_DATABASE_URL_FILE": str(url), "FAREWELL_HOME": str(folder / "home")}
    ours |= {"FAREWELL_PRODUCT_DATABASE_URL": f"sqlite:///{folder / 'product.db'}", "TEMPORAL_NAMESPACE": NAMESPACE}
    ours |= {"FAREWELL_S3_EXPORT_BUCKET": EXPORTS, "FAREWELL_S3_EVIDENCE_BUCKET": EVIDENCE, "FAREWELL_EMBEDDED": "0"}
    ours = {name: value for name, value in ours.items() if not name.startswith("FAREWELL_MESSAGES_")}  # on loopback
    outside = {k: v for k, v in os.environ.items() if not k.startswith(("FAREWELL_", "TEMPORAL_", "AWS_"))}
    return {**outside, **ours}


async def _make_namespace(stack: EmbeddedStack) -> None:
    client = await Client.connect(stack.environment["TEMPORAL_ADDRESS"])
    retention = Duration()
    retention.FromTimedelta(timedelta(days=1))
    request = RegisterNamespaceRequest(namespace=NAMESPACE, workflow_execution_retention_period=retention)
    await client.workflow_service.register_namespace(request)


async def _farewell(environment: dict[str, str], *words: str, code: int = 0) -> dict[str, list[str]]:
    """What a command prints; a namespace that was just made is known everywhere only seconds later."""
    for _ in range(20):
        ended, out, said = await asyncio.to_thread(_run, environment, *words)
        if ended == code:
            return json.loads(out)
        await asyncio.sleep(1)
    raise AssertionError(f"{words}: {said}{out}")


def _run(environment: dict[str, str], *words: str) -> tuple[int, str, str]:
    command = [Path(sys.executable).with_name("farewell"), *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr

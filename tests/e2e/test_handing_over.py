"""A whole exit with its customer: a trial, the mail's link, the ZIP, their word, and nothing left after erasure."""

import asyncio
import io
import json
import os
import re
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx
from temporalio.client import WorkflowHistory

from commands.beginning import Asked, begin
from commands.export import verify_package
from commands.trials import try_export
from devstack.leaving import let_go
from devstack.play import Play
from devstack.ports import free_ports
from devstack.running import Running, running
from devstack.s3 import EXPORTS
from models.account import Actor
from models.updates import Approve
from models.vocabulary import Gate, MailKind, Mode, Reason, Stage

ACCOUNT, CUSTOMER = "acc_2hw8te", Actor(id="customer")
CASE = f"{ACCOUNT}-1"


async def test_from_the_mail_s_link_to_the_customer_s_word_and_until_it_is_erased(tmp_path):
    async with running(tmp_path / "home") as here, httpx.AsyncClient(timeout=60) as client:
        play = await _begun(here)
        for words in (["link", ACCOUNT], ["fetch", ACCOUNT, "--trial", "--to", str(tmp_path)]):
            assert (await asyncio.to_thread(_farewell, tmp_path, *words)).returncode == 3
        tried = await asyncio.to_thread(try_export, here.connections, ACCOUNT, CUSTOMER, wait=True)
        fetched = await asyncio.to_thread(_farewell, tmp_path, "fetch", ACCOUNT, "--trial", "--to", str(tmp_path))
        assert verify_package(json.loads(fetched.stdout)["folder"]) == []
        agreed = (await play.state()).agreed
        await play.move(agreed.dates["effective_date"])
        state = await play.reach(Stage.SETTLE, Stage.RETRIEVAL)
        assert (await asyncio.to_thread(_farewell, tmp_path, "trial", ACCOUNT)).returncode == 4
        await play.move(agreed.openings["effective_date"])
        link = await _mailed(here, MailKind.EXPORT_READY)
        assert await _mailed(here, MailKind.GOODBYE) == link
        assert json.loads((await asyncio.to_thread(_farewell, tmp_path, "link", ACCOUNT)).stdout)["link"] == link

        await _unzipped(client, link, tmp_path / "zip")
        assert verify_package(str(tmp_path / "zip" / f"{CASE}-1")) == []
        ours = {"Sec-Fetch-Site": "same-origin"}
        said = await client.post(f"{link}/accept", data={"have": "yes"}, headers=ours, follow_redirects=True)
        assert (said.status_code, "nos dijo que lo tiene todo" in said.text) == (200, True)
        assert (await play.state()).accepted

        await _in_no_history(here, link.rpartition("/")[2])
        await let_go(play, state)
        gone = await client.get(link, headers={"Accept-Language": "en"})
        assert (gone.status_code, "borr" in gone.text) == (410, True)
        assert (await asyncio.to_thread(_farewell, tmp_path, "link", ACCOUNT)).returncode == 4
        assert [*here.connections.objects.list(EXPORTS, f"{ACCOUNT}/")] == []
        told = {(entry.action, entry.actor, entry.subject) for entry in here.connections.ledger.entries(CASE)}
        assert ("download_package", "customer", "all.zip") in told
        assert ("try_export", "customer", f"export-{CASE}-{tried['generation']}") in told
        token = link.rpartition("/")[2]
        assert token not in "".join(entry.model_dump_json() for entry in here.connections.ledger.entries(CASE))


async def _begun(here: Running) -> Play:
    asked = Asked(ACCOUNT, "ana", Mode.STOP, Reason.PRICE, None, None, None)
    await asyncio.to_thread(begin, here.connections, asked)
    play = Play(here, ACCOUNT, f"offboarding-{CASE}")
    proposed = (await play.until(lambda s: s.stage is Stage.APPROVAL and s.proposed is not None)).proposed
    await play.say("bruno", "approve", Approve, gate=Gate.PLAN, hash=proposed.hash)
    await play.reach(Stage.NOTICE)
    return play


async def _mailed(here: Running, kind: MailKind) -> str:
    """The link in the mail of this kind, once it's out: the same in both twins."""
    async with asyncio.timeout(30):
        while not (sent := [m for m in here.connections.outbox.messages(CASE) if m.kind is kind and m.sent_at]):  # noqa: ASYNC110  # the worker writes it
            await asyncio.sleep(0.05)
    (link,) = re.findall(r"<(http://\S+/package/[^>]+)>", sent[0].text)
    assert f'href="{link}"' in sent[0].html
    return link


async def _unzipped(client: httpx.AsyncClient, link: str, folder: Path) -> None:
    fetched = await client.get(f"{link}/all.zip")
    with zipfile.ZipFile(io.BytesIO(fetched.content)) as archive:
        archive.extractall(folder)


async def _in_no_history(here: Running, token: str) -> None:
    """Looked for while the account's key still opens them."""
    for workflow in (f"offboarding-{CASE}", f"export-{CASE}-1", f"follow-up-{CASE}"):
        for run in await asyncio.to_thread(here.connections.histories.runs, workflow):
            events = WorkflowHistory.from_json(workflow, run).events
            assert token.encode() not in b"".join(event.SerializeToString() for event in events)


def _farewell(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    outside = {k: v for k, v in os.environ.items() if not k.startswith(("FAREWELL_", "TEMPORAL_", "AWS_"))}
    program = [Path(sys.executable).with_name("farewell"), "export", *words, "--json"]
    environment = {**outside, "FAREWELL_HOME": str(home / "home")}
    return subprocess.run(program, env=environment, capture_output=True, text=True, check=False, timeout=60)


async def test_farewell_web_serves_and_ends_when_told(stack):
    (port,) = free_ports(1)
    environment = {**os.environ, **stack.environment}
    program = Path(sys.executable).with_name("farewell-web")
    process = await asyncio.create_subprocess_exec(program, "--port", str(port), env=environment)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client, asyncio.timeout(30):
        while not await _answers(client):  # noqa: ASYNC110  # another process
            await asyncio.sleep(0.05)
        assert (await client.get("/package/nobody")).status_code == 404
        taken = await asyncio.create_subprocess_exec(
            program, "--port", str(port), env=environment, stderr=asyncio.subprocess.PIPE
        )
        assert (await taken.communicate())[1].decode().count("\n") == 1
        assert taken.returncode == 5
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0


async def _answers(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/health")).text == "ok"
    except httpx.ConnectError:
        return False

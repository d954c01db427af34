"""What a demo leaves behind: plain files that one can open, each verified, and the figures of the exit."""

import asyncio
import email
import email.policy
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands.audits import fetch_pack
from commands.pack_check import check_pack
from commands.refused import Exit, Refused
from commands.story_told import told
from devstack.temporal import actions
from rules.signature import public_keys

if TYPE_CHECKING:
    from devstack.running import Running


async def keep(here: "Running", account: str, folder: Path) -> dict[str, Any]:
    """Fetches, checks and writes everything; answers the demo's last line, but for the wall time.

    Raises:
        Refused: code 6, the pack doesn't verify.
    """
    case = here.connections.cases.case(account) or {}
    pack = await asyncio.to_thread(_pack, here, case["id"], folder)
    mails = await asyncio.to_thread(_mails, here, case["id"], folder / "mails")
    for mail in mails:
        _save_papers(Path(mail["path"]), folder / "papers")
    entries = await asyncio.to_thread(here.connections.ledger.entries, case["id"])
    story = await asyncio.to_thread(told, here.connections, case["id"], entries)
    (folder / "story.txt").write_text(story, encoding="utf-8")
    shutil.copyfile(pack / "data" / "certificate.jws", folder / "certificate.jws")
    return {
        "account": account,
        "stage": case["stage"],
        "opened_at": case["opened_at"].isoformat(),
        "closed_at": case["ended_at"].isoformat(),
        "package": str(folder / "package"),
        "certificate": str(folder / "certificate.jws"),
        "evidence": str(pack),
        "mails": mails,
        "ledger_entries": len(entries),
        **await _figures(here, case),
    }


def _pack(here: "Running", case: str, folder: Path) -> Path:
    pack = folder / "evidence"
    fetch_pack(here.connections, case, pack)
    published = folder / "published-keys.json"
    signer = here.connections.settings.signing_key.get_secret_value()
    published.write_text(json.dumps(public_keys(signer), indent=2), encoding="utf-8")
    report = check_pack(pack, published)
    if not report.sound:
        raise Refused(Exit.WRONG, f"the evidence doesn't verify: {report.findings[0]}")
    return pack


def _mails(here: "Running", case: str, folder: Path) -> list[dict[str, Any]]:
    """Every mail of the case that arrived, as it arrived, named by its place and kind."""
    folder.mkdir(parents=True, exist_ok=True)
    arrived = _by_message_id(here.stack.home / "mail")
    sent = [m for m in here.connections.outbox.messages(case) if m.state == "sent" and m.sent_at]
    found = []
    for number, message in enumerate(sorted(sent, key=lambda m: m.sent_at), 1):  # type: ignore[arg-type,return-value]  # none is None: filtered above
        source, recipient = arrived[message.message_id]
        path = folder / f"{number:02}-{message.kind}.eml"
        shutil.copyfile(source, path)
        about = {"kind": message.kind, "to": recipient, "language": message.language}
        found.append({**about, "sent_at": message.sent_at.isoformat() if message.sent_at else None, "path": str(path)})
    return found


def _save_papers(mail: Path, folder: Path) -> None:
    """What was attached to it, as the customer would save it."""
    folder.mkdir(parents=True, exist_ok=True)
    message = email.message_from_bytes(mail.read_bytes(), policy=email.policy.default)
    for part in message.iter_attachments():
        (folder / Path(part.get_filename() or "unnamed").name).write_bytes(part.get_content())


def _by_message_id(folder: Path) -> dict[str, tuple[Path, str]]:
    found = {}
    for path in folder.glob("*.eml"):
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        found[str(mail["Message-ID"]).strip("<>")] = (path, str(mail["To"]))
    return found


async def _figures(here: "Running", case: Mapping[str, Any]) -> dict[str, Any]:
    """What the exit cost on Temporal: actions, and the events and bytes of all its histories."""
    events = size = 0
    async for run in here.client.list_workflows(f"RootWorkflowId = '{case['workflow_id']}'"):
        described = await here.client.get_workflow_handle(run.id, run_id=run.run_id).describe()
        events += described.history_length
        size += described.raw_description.workflow_execution_info.history_size_bytes
    counted = await asyncio.to_thread(actions, here.stack.metrics_port) if here.stack.metrics_port else None
    return {"actions": counted, "history_events": events, "history_bytes": size}

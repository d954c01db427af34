"""A customer of before is here again: their package, their greeting, their peace. Source: DOMAIN messages.9."""

import asyncio
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import starter
from commands.export import fetch_package
from devstack.running import Running
from models.follow_ups import FollowUpState
from models.vocabulary import MailKind, StopGround
from tests.workflow.exits import Exit, begun

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Typed:
    """Runs commands as ana; exit code and what was said."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    async def __call__(self, *words: object) -> tuple[int, str]:
        code = await asyncio.to_thread(starter.run, [str(word) for word in words])
        out, err = self._capsys.readouterr()
        return code, out + err


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str]) -> Typed:
    return Typed(capsys)


def of_product(here: Running, account: str) -> dict[str, bytes]:
    """Every row of the account in the product, as the export reads it."""
    at = here.connections
    with at.product.snapshot() as now:
        return {each.name: b"".join(now.read(at.inventory, each, account)) for each in at.inventory.data_sets}


def again(account: str, folder: Path) -> Path:
    """What whoever welcomes them imports: account, contact, a new contract."""
    contact = {"kind": "main", "name": "Lucía", "email": "lucia@again.example", "language": "en"}
    contract = {"title": "New", "started_on": "2026-01-01"}
    file = folder / "again.json"
    content: dict[str, list[dict[str, Any]]] = {
        "accounts": [{"id": account, "name": "Back Again, S.L."}],
        "contacts": [{"id": f"{account}-again", "account": account, "timezone": "Europe/Madrid", **contact}],
        "contracts": [{**contract, "id": f"{account}-new", "account": account, "signatories": [f"{account}-again"]}],
    }
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


async def left(here: Running, account: str, folder: Path) -> tuple[Exit, dict[str, bytes]]:
    """Erased; the customer has kept the package."""
    here.connections.directory.prefer(account, {"come_back": True})  # so that follow-ups go on for months
    play = await begun(here, account)
    state = await play.to_gates_but()
    before = of_product(here, account)
    assert state.package is not None
    await asyncio.to_thread(fetch_package, here.connections.objects, state.package.location, folder)
    await play.window_over()
    await play.certified()
    return play, before


async def test_messages_9_who_comes_back_brings_their_package_and_is_greeted_once(
    here: Running, account: str, tmp_path: Path, typed: Typed
) -> None:
    code, said = await typed("return", account)
    assert (code, "has never left" in said) == (4, True), said
    play, before = await left(here, account, tmp_path / "package")
    code, said = await typed("return", account)
    assert (code, "farewell import FILE" in said) == (4, True)
    code, said = await typed("import", again(account, tmp_path))
    assert (code, f"farewell return {account}" in said) == (0, True), said
    follow_ups = here.client.get_workflow_handle(f"follow-up-{play.case}", result_type=FollowUpState)
    assert (await follow_ups.result()).stopped == StopGround.RETURNED
    assert here.connections.contracts.state(account) == "active"

    changed = shutil.copytree(tmp_path / "package", tmp_path / "changed")
    (changed / "data" / "datapackage.json").write_text("{}", encoding="utf-8")
    assert (await typed("return", account, "--package", changed))[0] == 6
    code, said = await typed("return", account, "--package", tmp_path / "package")
    assert code == 0, said
    assert "They are greeted." in said
    assert "--package" not in said
    assert of_product(here, account) == before, "the same rows under the same keys"
    code, said = await typed("return", account, "--package", tmp_path / "package", "--json")
    told = json.loads(said)
    assert (code, told["greeting"]) == (0, "sent")
    assert [each for each in told["to_do"] if each.startswith("users")], told
    mails = [each for each in here.connections.outbox.messages(play.case) if each.kind is MailKind.WELCOME_BACK]
    [mail] = mails
    assert (mail.recipient, mail.language) == ("lucia@again.example", "en")
    assert "in its place again, under the same keys as before" in " ".join((mail.text or "").split())
    ever = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    [row] = [each for each in here.connections.returns.since(*ever) if each["account"] == account]
    assert (row["case"], row["restored"]) == (play.case, True)
    assert (await begun(here, account)).case == f"{account}-{int(play.case.rpartition('-')[2]) + 1}", "a new case"
    await Exit(here, account).plan_agreed()
